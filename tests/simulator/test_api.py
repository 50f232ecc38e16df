"""The simulated API: its envelope, its errors, its limits."""

from tests.simulator.conftest import Client, form


async def test_an_error_comes_with_http_200_and_html_encoded(simulator: Client) -> None:
    answer = await simulator.post("getLists", form(api_key="wrong"), language="en")
    assert answer.status_code == 200
    assert answer.json() == {"error": "The API key is wrong", "code": "invalid_api_key"}
    taken = await simulator.call("getTemplate", template_id="<1>")
    assert taken == {"error": "Неверное значение аргумента template_id", "code": "invalid_arg"}
    twice = [await simulator.call("createList", title="<b>") for _ in range(2)]
    assert twice[1] == {"error": "Список «&lt;b&gt;» уже существует", "code": "invalid_arg"}


async def test_an_unknown_method_says_so(simulator: Client) -> None:
    assert (await simulator.call("getNothing"))["code"] == "unknown_method"


async def test_get_works_and_arguments_in_both_places_break_the_call(simulator: Client) -> None:
    answer = await simulator.http.get(f"/ru/api/getLists?format=json&api_key={simulator.api_key}")
    assert answer.json() == {"result": []}
    mixed = await simulator.http.post(f"/ru/api/getLists?api_key={simulator.api_key}", data={"x": "1"})
    assert mixed.json() == {"error": "Call to a member function getMessage() on null", "code": "unspecified"}


async def test_calls_over_the_limit_of_a_minute_are_refused(simulator: Client) -> None:
    await simulator.set(calls_per_minute=3)
    codes = [(await simulator.call("getLists")).get("code") for _ in range(4)]
    assert codes == [None, None, None, "api_call_limit_exceeded_for_api_key"]


async def test_templates_come_in_pages(simulator: Client) -> None:
    pages = [len(await simulator.result("listTemplates", limit=50, offset=at)) for at in (0, 50, 100)]
    assert pages == [50, 16, 0]
    assert (await simulator.call("listTemplates", limit=101))["code"] == "invalid_arg"
    first = (await simulator.result("listTemplates", limit=1))[0]
    assert "body" not in first
    whole = await simulator.result("getTemplate", template_id=first["id"])
    assert (whole["title"], "{{Name}}" in whole["body"]) == ("Приветственное письмо", True)
    picture = await simulator.http.get(first["screenshot_url"])
    assert (picture.headers["content-type"], picture.content[:8]) == ("image/png", b"\x89PNG\r\n\x1a\n")
    full = await simulator.http.get(first["fullsize_screenshot_url"])
    assert int.from_bytes(full.content[20:24]) > int.from_bytes(picture.content[20:24])


async def test_lists_are_created_renamed_and_deleted(simulator: Client) -> None:
    key = (await simulator.result("createList", title="Первый"))["id"]
    await simulator.result("updateList", list_id=key, title="Главный")
    assert await simulator.result("getLists") == [{"id": key, "title": "Главный"}]
    await simulator.result("deleteList", list_id=key)
    assert await simulator.result("getLists") == []


async def test_only_the_own_senders_are_shown(simulator: Client) -> None:
    senders = await simulator.result("getCheckedEmail", login="mayak")
    assert [(item["email"], item["is_checked"]) for item in senders] == [
        ("draft@mayak.example", False),
        ("events@mayak-books.example", True),
        ("news@mayak-books.example", True),
    ]
    assert (await simulator.call("getCheckedEmail", login="veter"))["code"] == "access_denied"


async def test_requests_are_counted_by_method_with_their_time(simulator: Client) -> None:
    await simulator.http.request("DELETE", "/_simulator/requests")
    await simulator.call("getLists")
    await simulator.call("deleteList", list_id=404)
    seen = await simulator.seen("requests")
    assert {name: (count["calls"], count["errors"]) for name, count in seen["methods"].items()} == {
        "getLists": (1, 0),
        "deleteList": (1, 1),
    }
    assert 0 < seen["busySeconds"] < seen["elapsedSeconds"]
