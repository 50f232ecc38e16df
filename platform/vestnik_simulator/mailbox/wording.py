"""Texts of the pages of letters."""

from vestnik_simulator.words import Language

_RUSSIAN = {
    "mail": "Почта",
    "mail_note": "Ящик сайта, из которого «Вестник» собирает заявки, и письма самого «Вестника».",
    "mail_back": "Вся почта",
    "home_back": "На первую страницу",
    "site_letters": "Ящик сайта",
    "site_text": "Письмо приходит в ящик сразу. «Вестник» заберёт его в течение минуты, а по кнопке "
    "«Собрать сейчас» у сборщика почты — немедленно.",
    "send_order": "Отправить письмо ORDER: 123",
    "send_broken": "Отправить испорченное письмо",
    "arrived": "Письмо в ящике.",
    "folder": "Папка",
    "inbox_empty": "В ящике пусто.",
    "own_letters": "Письма, которые отправил «Вестник»",
    "own_empty": "Писем пока нет. Назначьте ответственного за заявку, и уведомление придёт сюда.",
    "to": "Кому",
    "from": "От кого",
    "text": "Текст",
    "html": "HTML",
    "no_text": "В письме нет текста.",
    "mail_access": "Как подключиться",
    "mail_host": "Сервер",
    "mail_ports": "Порты",
    "mail_user": "Пользователь",
    "mail_password": "Пароль",
}

_ENGLISH = {
    "mail": "Mail",
    "mail_note": "The site's mailbox, from which Vestnik collects leads, and Vestnik's own letters.",
    "mail_back": "All mail",
    "home_back": "To the first page",
    "site_letters": "The site's mailbox",
    "site_text": "The letter is in the mailbox at once. Vestnik takes it within a minute, and by "
    "“Collect now” on the page of the mail collector right away.",
    "send_order": "Send the letter ORDER: 123",
    "send_broken": "Send a broken letter",
    "arrived": "The letter is in the mailbox.",
    "folder": "Folder",
    "inbox_empty": "The mailbox is empty.",
    "own_letters": "Letters that Vestnik sent",
    "own_empty": "No letters yet. Make somebody responsible for a lead, and the notification comes here.",
    "to": "To",
    "from": "From",
    "text": "Text",
    "html": "HTML",
    "no_text": "The letter has no text.",
    "mail_access": "How to connect",
    "mail_host": "Server",
    "mail_ports": "Ports",
    "mail_user": "User",
    "mail_password": "Password",
}


def words(language: Language) -> dict[str, str]:
    """All texts in one language."""
    return _RUSSIAN if language == "ru" else _ENGLISH
