"""What can be wrong with a second factor.

Problem
├── SecondFactorNeeded 403     the password is right, a code follows
├── SecondFactorMissing 403    the password is right, the second factor is to be set up
├── StepOver 403               too late, too many wrong codes, or another password by now
├── CodeWrong 422              not this code, or one that was used
├── EnrolmentOver 409          the secret that was shown is too old
├── FactorOff 409              there is none to change
├── FactorRequired 409         the organisation asks for one
└── FactorOwn 409              one's own is turned off with a code
"""

from __future__ import annotations

from vestnik.http.errors import Problem


class SecondFactorNeeded(Problem):
    code = "second_factor_needed"
    status = 403
    title = {"ru": "Нужен код", "en": "A code is needed"}
    message = {
        "ru": "Введите код из приложения на телефоне или запасной код.",
        "en": "Enter the code of the app on your phone, or a recovery code.",
    }


class SecondFactorMissing(Problem):
    code = "second_factor_missing"
    status = 403
    title = {"ru": "Нужен второй фактор", "en": "A second factor is needed"}
    message = {
        "ru": "Организация просит подтверждать вход кодом. Настройте приложение на телефоне, чтобы войти.",
        "en": "The organisation asks for a code at every sign-in. Set up the app on your phone to sign in.",
    }


class StepOver(Problem):
    code = "step_over"
    status = 403
    title = {"ru": "Войдите заново", "en": "Sign in again"}
    message = {
        "ru": "Время на код вышло, или попыток было слишком много. Введите пароль ещё раз.",
        "en": "The time for the code is over, or there were too many tries. Enter the password again.",
    }


class CodeWrong(Problem):
    code = "code_wrong"
    status = 422
    title = {"ru": "Код не подходит", "en": "The code is wrong"}
    message = {
        "ru": "Код неверный, устарел или уже использован. Дождитесь следующего; проверьте часы телефона.",
        "en": "The code is wrong, too old or was used. Wait for the next one; check the phone's clock.",
    }


class EnrolmentOver(Problem):
    code = "enrolment_over"
    status = 409
    title = {"ru": "Начните заново", "en": "Begin again"}
    message = {
        "ru": "Этот ключ устарел. Начните заново и отсканируйте новый QR-код.",
        "en": "This key is too old. Begin again and scan the new QR code.",
    }


class FactorOff(Problem):
    code = "factor_off"
    status = 409
    title = {"ru": "Второй фактор выключен", "en": "The second factor is off"}
    message = {
        "ru": "Менять нечего: вход подтверждается одним паролем.",
        "en": "There is nothing to change: the password alone is enough.",
    }


class FactorRequired(Problem):
    code = "factor_required"
    status = 409
    title = {"ru": "Второй фактор обязателен", "en": "The second factor is required"}
    message = {
        "ru": "Так решила организация. Вы можете перенести его на другой телефон.",
        "en": "The organisation decided so. You can move it to another phone.",
    }


class FactorOwn(Problem):
    code = "factor_own"
    status = 409
    title = {"ru": "Это ваш второй фактор", "en": "This is your own second factor"}
    message = {
        "ru": "Свой второй фактор выключают в профиле: паролем и кодом.",
        "en": "One's own is turned off in the profile, with the password and a code.",
    }
