/** The document of version 0.1 that sites send, shortened. */
export const DOCUMENT = `{
  "Тема": "Заказ №123 от 01.06.2019",
  "Дата": "29.05.2019 15:15:00",
  "Описание": "Произвольный текст, описание заказа строкой",
  "ИНН": "7709745454",
  "Телефон": "+7 925 000 00-00",
  "АдресЭлектроннойПочты": "order@example.org",
  "КонтактноеЛицо": "Прилепский Алексей Анатольевич",
  "ФайлыМакета": [{ "Файл": "https://example.org/print/layout.jpg" }],
  "Товары": [
    {
      "Номенклатура": "Ролап 123 22 22",
      "СтанокКод": 1,
      "Разрешеине": "360 dpi",
      "Материал": "Баннеры - Эконом (340 гр./м2) - 360 dpi",
      "МатериалКод": "00-00000021",
      "Ширина": 2,
      "Высота": 2,
      "Количество": 2,
      "Цена": 500,
      "Сумма": 1000,
      "Услуга": false,
      "ДополнительныеРаботы": [
        { "ВидРаботы": "Люверсы", "Количество": 2, "Описание": "шаг 30см" }
      ]
    },
    { "Номенклатура": "Доставка", "Услуга": true, "Количество": 2, "Цена": 500, "Сумма": 1000 }
  ]
}`;

export const FORM = "name=%D0%90%D0%BD%D0%BD%D0%B0&phone=%2B7+925+000+00-00&email=anna%40example.org&title=%D0%9E%D0%B1%D1%80%D0%B0%D1%82%D0%BD%D1%8B%D0%B9+%D0%B7%D0%B2%D0%BE%D0%BD%D0%BE%D0%BA&utm_source=yandex";

export const FORM_TYPE = "application/x-www-form-urlencoded";
export const JSON_TYPE = "application/json";

interface Wanted {
  url: string;
  signed: boolean;
  /** The field that people don't see; empty where the door has none. */
  trap: string;
  /** The first site that may post here: there people are led back to. */
  site: string | undefined;
  /** What people read in the form. */
  words: Record<"person" | "phone" | "email" | "send" | "trap", string>;
}

const attribute = (value: string) => value.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

/** A form that people see without its trap: off the screen, out of the tab order, unread by screen readers. */
const form = ({ url, trap, site, words }: Wanted) =>
  [
    `<form method="post" action="${attribute(url)}">`,
    `  <label>${words.person} <input name="name" autocomplete="name" required></label>`,
    `  <label>${words.phone} <input name="phone" type="tel" autocomplete="tel"></label>`,
    `  <label>${words.email} <input name="email" type="email" autocomplete="email"></label>`,
    ...(site ? [`  <input type="hidden" name="_redirect" value="${attribute(site)}/">`] : []),
    ...(trap
      ? [
          '  <div aria-hidden="true" style="position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)">',
          `    <label>${words.trap} <input name="${attribute(trap)}" tabindex="-1" autocomplete="off"></label>`,
          "  </div>",
        ]
      : []),
    `  <button>${words.send}</button>`,
    "</form>",
  ].join("\n");

/** How a site posts to a door: ready to be pasted. */
export const snippets = (wanted: Wanted) => {
  const { url, signed } = wanted;
  return {
    curl: signed
      ? `body='{"Тема":"Заказ №123","Телефон":"+7 925 000 00-00"}'
secret='vsi_…'
signature=$(printf %s "$body" | openssl dgst -sha256 -hmac "$secret" | sed 's/^.* //')
curl -X POST '${url}' \\
  -H 'Content-Type: application/json' \\
  -H "X-Signature: sha256=$signature" \\
  -H 'Idempotency-Key: order-123' \\
  --data "$body"`
      : `curl -X POST '${url}' \\
  -H 'Content-Type: application/json' \\
  -H 'Idempotency-Key: order-123' \\
  --data '{"Тема":"Заказ №123","Телефон":"+7 925 000 00-00"}'`,
    html: form(wanted),
    php: `<?php
$url = '${url}';
$body = json_encode([
    'Тема' => 'Заказ №123',
    'Телефон' => '+7 925 000 00-00',
], JSON_UNESCAPED_UNICODE);
$headers = ['Content-Type: application/json', 'Idempotency-Key: order-123'];
${signed ? "$headers[] = 'X-Signature: sha256=' . hash_hmac('sha256', $body, 'vsi_…');\n" : ""}$request = curl_init($url);
curl_setopt_array($request, [
    CURLOPT_POST => true,
    CURLOPT_POSTFIELDS => $body,
    CURLOPT_HTTPHEADER => $headers,
    CURLOPT_RETURNTRANSFER => true,
]);
echo curl_exec($request);`,
  };
};

/** Calls of the leads API that sites know, with everything but the key. */
export const classicCalls = (address: string, login: string) => {
  const call = (action: string, ...fields: string[]) =>
    [`curl '${address}'`, `  -d 'login=${login}'`, "  -d 'apikey=…'", `  -d 'action=${action}'`, ...fields.map((field) => `  --data-urlencode '${field}'`)].join(" \\\n");
  return {
    add: call("add", "title=Заявка с сайта", "email=client@example.org", "phone=+7 925 000 00-00", "description=Перезвоните", "utm_source=yandex"),
    stat: call("stat"),
    info: call("info", "id=1"),
    list: call("list", "offset=0", "first=new"),
  };
};
