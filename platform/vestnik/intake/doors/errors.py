"""What a door refuses.

Problem
├── SiteNotAllowed 403    ├── SignatureWrong 401
└── SiteInvalid 422       └── RequestTooSlow 408
"""

from __future__ import annotations

from vestnik.http.errors import Problem


class SiteNotAllowed(Problem):
    code = "site_not_allowed"
    status = 403
    title = {"ru": "Сайт не разрешён", "en": "Site not allowed"}
    message = {
        "ru": "Заявки со страниц этого сайта не принимаются: его нет среди разрешённых.",
        "en": "Leads from pages of this site are not taken: it is not among the allowed ones.",
    }


class SignatureWrong(Problem):
    code = "signature_wrong"
    status = 401
    title = {"ru": "Подпись не подходит", "en": "Wrong signature"}
    message = {
        "ru": "Нужен заголовок X-Signature: sha256=… — HMAC-SHA256 тела запроса с секретом этого адреса.",
        "en": "The header X-Signature: sha256=… must hold the HMAC-SHA256 of the request's body with the "
        "secret of this address.",
    }


class SiteInvalid(Problem):
    code = "site_invalid"
    status = 422
    title = {"ru": "Неверный адрес сайта", "en": "Invalid site"}
    message = {
        "ru": "«{site}» — не адрес сайта. Нужен вид https://example.org, без пути.",
        "en": "“{site}” is no address of a site. It must look like https://example.org, without a path.",
    }
    fields = ("site",)


class RequestTooSlow(Problem):
    code = "request_too_slow"
    status = 408
    title = {"ru": "Запрос не пришёл целиком", "en": "The request did not come whole"}
    message = {
        "ru": "Тело запроса не пришло за {limit_s} с. Ничего не сохранено; пришлите ещё раз.",
        "en": "The body of the request did not come within {limit_s} s. Nothing is stored; send it again.",
    }
    fields = ("limit_s",)
