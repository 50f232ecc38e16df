"""Every room's tables in one place, so that the metadata is whole for migrations and tests."""

# ruff: noqa: F401
import vestnik.alerts.tables
import vestnik.audit.tables
import vestnik.calendars.tables
import vestnik.campaigns.tables
import vestnik.companies.tables
import vestnik.contacts.imports.tables
import vestnik.contacts.tables
import vestnik.db.compatibility
import vestnik.db.numbers
import vestnik.demo.tables
import vestnik.engine.tables
import vestnik.installation
import vestnik.intake.collectors.tables
import vestnik.intake.doors.tables
import vestnik.intake.inputs.tables
import vestnik.intake.leads.tables
import vestnik.lists.embed_tables
import vestnik.lists.tables
import vestnik.modules.tables
import vestnik.outgoing.tables
import vestnik.people.factor_tables
import vestnik.people.link_tables
import vestnik.people.tables
import vestnik.privacy.tables
import vestnik.retention
import vestnik.sales.tables
import vestnik.segments.tables
import vestnik.templates.tables
import vestnik.webhooks.tables
