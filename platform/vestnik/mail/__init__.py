"""Outgoing mail of the platform itself: test letters, notifications. Campaigns go through modules."""

from vestnik.mail.service import Letter, Mail, MailFailed, MailNotConfigured, MailNotEncrypted, Smtp, deliver

__all__ = ["Letter", "Mail", "MailFailed", "MailNotConfigured", "MailNotEncrypted", "Smtp", "deliver"]
