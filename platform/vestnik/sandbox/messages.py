"""What a diagnostic says, by its code, in English and Russian.

Fields in braces come from the source that was refused. Codes are stable: the web app and the tests name them.
"""

from typing import Final

MESSAGES: Final[dict[str, tuple[str, str]]] = {
    "syntax": ("{detail}", "{detail}"),
    "syntax_warning": ("{detail}", "{detail}"),
    "encoding": (
        "The source is not valid text: it holds half of a surrogate pair or a null character",
        "Исходный текст повреждён: в нём половина суррогатной пары или нулевой символ",
    ),
    "too_large": (
        "The module is larger than {limit} bytes",
        "Модуль больше {limit} байт",
    ),
    "too_complex": (
        "The module is nested too deeply or has too many parts; split it into functions",
        "Модуль слишком глубоко вложен или слишком велик; разбейте его на функции",
    ),
    "forbidden": ("{detail}", "Недопустимая конструкция: {detail}"),
    "statement": (
        "{name} is not part of the language of modules",
        "Конструкция {name} не входит в язык модулей",
    ),
    "private_name": (
        'The name "{name}" is not allowed: names in modules do not begin with "_"',
        "Имя «{name}» недопустимо: имена в модулях не начинаются с «_»",
    ),
    "private_attribute": (
        'The attribute "{name}" is not available: it begins with "_"',
        "Атрибут «{name}» недоступен: он начинается с «_»",
    ),
    "restricted_attribute": (
        'The attribute "{name}" is not available to modules',
        "Атрибут «{name}» недоступен модулям",
    ),
    "unavailable_name": (
        'The built-in "{name}" is not available to modules',
        "Встроенное имя «{name}» недоступно модулям",
    ),
    "import_unavailable": (
        'The module "{name}" cannot be imported; available: {available}',
        "Модуль «{name}» нельзя импортировать; доступны: {available}",
    ),
    "import_unknown_name": (
        '"{module}" offers no "{name}" to modules',
        "«{module}» не предлагает модулям имя «{name}»",
    ),
    "import_star": (
        'Import the names that you need: "import *" is not allowed',
        "Импортируйте нужные имена по одному: «import *» недопустим",
    ),
    "import_relative": ("Relative imports are not allowed", "Относительный импорт недопустим"),
    "class_keyword": (
        'The class argument "{name}" is not allowed',
        "Аргумент класса «{name}» недопустим",
    ),
    "type_parameters": ("Type parameters are not allowed", "Параметры типа недопустимы"),
    "finally_jump": (
        "{name} inside finally is not allowed: it would swallow exceptions",
        "{name} внутри finally недопустим: он проглотил бы исключения",
    ),
    "match_positional": (
        "A class pattern takes at most one positional sub-pattern",
        "В образце класса допустим не более чем один позиционный подобразец",
    ),
    "dynamic_code": (
        "{name} is not allowed: modules cannot run text as code",
        "{name} недопустим: модули не могут исполнять текст как код",
    ),
}


def text(code: str, fields: dict[str, str], language: str = "en") -> str:
    """The sentence for `code` in "en" or "ru"."""
    return MESSAGES[code][1 if language == "ru" else 0].format_map(fields)
