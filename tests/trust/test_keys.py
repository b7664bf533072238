"""One key is recognised in every spelling that logs and certificate viewers use."""

import pytest

from counterseal.trust.keys import fingerprint, jwk_thumbprint, spellings

KEY = bytes.fromhex("d4b4cccda9228624656bff33d8110955779632aa")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("d4b4cccda9228624656bff33d8110955779632aa", KEY),
        ("D4:B4:CC:CD:A9:22:86:24:65:6B:FF:33:D8:11:09:55:77:96:32:AA", KEY),
        ("1LTMzakihiRla_8z2BEJVXeWMqo", KEY),
        (" 1LTMzakihiRla_8z2BEJVXeWMqo= ", KEY),
        ("key-2026", None),
        ("", None),
    ],
)
def test_a_thumbprint_is_read_in_any_spelling(text: str, expected: bytes | None) -> None:
    """The three published forms of one certificate give the same 20 bytes; an ordinary id gives none."""
    assert fingerprint(text) == expected


def test_spellings_start_with_the_given_form_and_close_over_each_other() -> None:
    """Whichever form a file gives, the forms searched for are the same."""
    forms = spellings("1LTMzakihiRla_8z2BEJVXeWMqo")
    assert forms == ("1LTMzakihiRla_8z2BEJVXeWMqo", KEY.hex(), KEY.hex().upper())
    assert {frozenset(spellings(form)) for form in forms} == {frozenset(forms)}
    assert spellings("key-2026") == ("key-2026",)


def test_a_symmetric_key_has_no_public_thumbprint() -> None:
    """`oct` is refused: whoever can verify with it can sign with it."""
    with pytest.raises(ValueError, match="not RSA, EC or OKP"):
        jwk_thumbprint({"kty": "oct", "k": "AA"})
