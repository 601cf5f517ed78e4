"""`mayfly bill` by other price books: the same traffic, in other money."""

import json

import pytest

from support.cli import Cli

from conftest import SERVICE


@pytest.fixture(scope="module")
def cli(fc, server, house):
    folder = house.folder / "bill"
    folder.mkdir()
    for _ in range(10):
        assert fc.invoke(SERVICE, "good", b"x").result == b"good x"
    return Cli(server, folder)


def test_each_book_has_a_column_and_says_where_its_prices_are_from(cli):
    out, err = cli("bill", "--as", "fc2018", "--as", "lambda", "--as", "box")
    head, row = out.splitlines()[:2]
    assert head.split()[-3:] == ["fc2018", "lambda", "box"]
    assert row.split()[0] == f"{SERVICE}/good" and row.split()[-6:][1::2] == ["CNY", "USD", "USD"]
    assert [line.split(":")[0] for line in err.splitlines()] == ["fc2018", "lambda", "box"]
    assert all("prices: " in line for line in err.splitlines())


def test_the_figures_are_those_of_the_books(cli):
    bill = cli.json("bill", "--as", "fc2018", "--as", "fc", "--as", "lambda", "--as", "box")
    row = bill["functions"][0]
    costs = row["costs"]
    assert row["invocations"] == 10 and row["billedMs"] == 1000 and 10 <= row["runMs"] <= 1000
    assert costs["fc2018"] == pytest.approx(10 / 1e6 * 1.33 + row["gbSeconds"] * 0.00011108)
    assert costs["lambda"] == pytest.approx(10 / 1e6 * 0.2 + row["runGbSeconds"] * 0.0000166667)
    cu = 10 * 0.0075 + 0.15 * row["runGbSeconds"] + 0.05 * row["runMs"] / 1000
    assert costs["fc"] == pytest.approx(cu * 0.00011)
    assert bill["period"]["hours"] in (1, 2)
    assert bill["totals"]["costs"]["box"] == pytest.approx(0.0416 * bill["period"]["hours"])
    assert "period" not in cli.json("bill") and "costs" not in cli.json("bill")["totals"]


def test_a_book_of_ones_own(cli):
    (cli.folder / "mine.yaml").write_text("name: mine\ncurrency: EUR\nstep: 100\nper_million_calls: 1000000\n")
    bill = cli.json("bill", "--as", "mine.yaml")
    assert bill["totals"]["costs"]["mine"] == 10 and bill["priceBooks"][0]["currency"] == "EUR"


@pytest.mark.parametrize("text, says", [("name: x\n", "currency"), ("name: x\ncurrency: EUR\nper_gb: 1\n", "line 3")])
def test_what_is_no_book_is_refused(cli, text, says):
    (cli.folder / "wrong.yaml").write_text(text)
    assert says in cli.error("bill", "--as", "wrong.yaml", code=2)["message"]
    assert "fc2018, fc, lambda and box" in cli.error("bill", "--as", "nobody", code=3)["message"]
    assert json.loads(cli("bill", "-o", "json")[0])["totals"]
