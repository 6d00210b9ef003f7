"""A person is recognized however a name, an address or a number is written, and nobody else is."""

import pytest

from batch_assets.warehouse.erasure.person import NEAR, Form, Person, address, exactly, name, phone


def person(*alone: Form, beside: tuple[tuple[Form, Form], ...] = ()) -> Person:
    return Person(alone, beside)


@pytest.mark.parametrize(
    "text",
    ["linda price", "PRICE, Linda", '"name": "Linda\tPrice"', "<n>linda</n><f>price</f>".replace("</n><f>", " "), "L\u00cdNDA PRICE", "x,Linda Price,73833"],
)
def test_a_name_in_any_order(text: str) -> None:
    assert person(name("linda", "price")).is_in(text)


@pytest.mark.parametrize("text", ["belinda price", "linda prices", "linda", "price", "linda b price", ""])
def test_another_name(text: str) -> None:
    assert not person(name("linda", "price")).is_in(text)


@pytest.mark.parametrize("text", ["6545550179", "(654) 555-0179", "654.555.0179", "+654 555 0179"])
def test_a_phone_however_it_is_grouped(text: str) -> None:
    assert person(phone("6545550179")).is_in(text)


@pytest.mark.parametrize("text", ["16545550179", "65455501790", "654\n5550179", "555-0179"])
def test_another_phone(text: str) -> None:
    assert not person(phone("6545550179")).is_in(text)


def test_an_address_and_a_text_as_it_is() -> None:
    assert person(address("street", "92884 isaac field apt 385")).is_in("92884 Isaac Field, Apt. 385")
    assert not person(address("street", "92884 isaac field apt 385")).is_in("92884 Isaac Field, Apt. 3851")
    assert person(exactly("email", "l.price@example.com")).is_in("<L.Price@example.com>")
    assert not person(exactly("email", "l.price@example.com")).is_in("al.price@example.com")


def test_what_others_have_too_is_looked_for_beside_something_else() -> None:
    common = person(beside=((name("ann", "roy"), exactly("postcode", "08772")),))
    assert common.is_in("Ann Roy,08772")
    assert common.is_in("08772 Roy, Ann")
    assert not common.is_in("Ann Roy,08773")
    assert not common.is_in(f"Ann Roy{' ' * (NEAR + 10)}08772")
    assert common.looked_for() == ["name beside postcode"]
    assert Person.from_json(common.to_json()) == common


def test_an_address_alone_does_not_name_anybody() -> None:
    whole = person(name("ann", "roy"), address("street", "1 elm st"), phone("5550179"))
    assert whole.is_in("1 Elm St")
    assert not whole.is_named_in("1 Elm St, 555 0179")
    assert whole.is_named_in("Ann Roy")
    assert not whole.but_for("at 1 Elm St").is_in("1 Elm St")
    assert whole.but_for("at 1 Elm St").is_in("555-0179")
