"""Completeness: by pair and by volume, against what each exchange claims."""

from ingest.completeness import claims, measure, remember_claims

CLAIMED = {
    "alpha": {"pairs": 3, "volume": "300"},
    "beta": {"pairs": 2, "volume": "100.5"},
    "gamma": {"pairs": 4, "volume": None},
    "silent": {"pairs": 0, "volume": None},
}


def rows(**pairs: int) -> list[dict]:
    return [
        {"exchangeId": name, "volumeUsd24Hr": "100"} for name, n in pairs.items() for _ in range(n)
    ]


def test_an_exchange_that_sends_too_much_hides_no_other():
    measured = measure(rows(alpha=9, beta=1, unlisted=5), CLAIMED, None)
    assert (measured.pairs_got, measured.pairs_claimed) == (3 + 1, 9)
    assert measured.percent == 44.44
    assert (measured.exchanges_got, measured.exchanges_claimed) == (2, 3)
    assert (measured.volume_got_usd, measured.volume_claimed_usd) == ("400", "400.5")
    assert measured.missing == ("gamma",)
    assert measured.short == (("beta", 1, 2),)


def test_a_null_volume_counts_as_none():
    measured = measure([{"exchangeId": "alpha", "volumeUsd24Hr": None}], CLAIMED, None)
    assert (measured.pairs_got, measured.volume_got_usd) == (1, "0")


def test_without_claims_there_is_no_denominator():
    measured = measure(rows(alpha=2), None, None)
    assert (measured.pairs_got, measured.pairs_claimed) == (2, None)
    assert measured.percent is None


def test_one_exchange_is_measured_against_its_own_claim():
    assert measure(rows(beta=1), CLAIMED, "beta").pairs_claimed == 2
    assert measure(rows(beta=1), CLAIMED, "beta~1").pairs_claimed is None


def test_an_older_answer_does_not_replace_a_newer_claim(lake):
    def exchange(pairs: str) -> list[dict]:
        return [{"exchangeId": "alpha", "tradingPairs": pairs, "volumeUsd": "1"}]

    remember_claims(lake, "new", 2000, exchange("5"))
    remember_claims(lake, "old", 1000, exchange("4"))
    assert claims(lake)["alpha"]["pairs"] == 5
