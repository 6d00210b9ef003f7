"""Breaks lines by hand: each breakage below is put into a copy of the tree, alone, and the tests that guard the line must fail.

`python -m batch_assets_tests.mutants` tries all of them, `… mutants known trend` those whose names have one of these words. A breakage that
no test sees is named, and the command fails. `test_mutants.py` holds that each line is still where it is said to be.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
_COPIED = ("batch_assets", "batch_assets_tests", "docs", "pyproject.toml", "README.md", "CONTRIBUTING.md")
_FAILED = 1
"""pytest's exit code when a test failed; every other but 0 says that the tests could not be run."""


@dataclass(frozen=True)
class Mutant:
    """A breakage.

    Attributes:
        name: what the broken code does.
        file: the module, below `batch_assets`.
        old: the text that is replaced; it is there once.
        new: the text in its place.
        tests: files of tests, below `batch_assets_tests`, of which at least one test must fail.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


_FRAME, _KNOWN, _MODEL = "models/test_demand_frame.py", "models/test_demand_known.py", "models/test_demand_model.py"
_PLAN, _ASKED = "orchestration/test_plan.py", "orchestration/test_asked.py"
_CONNECTION = "warehouse/test_connection.py"
_EVENTS = "orchestration/test_event_log.py"
_CAUSES, _PACE = "warehouse/test_causes.py", "warehouse/test_pace.py"
_DEMAND, _MOVES = "features/test_category_demand.py", "marts/test_category_moves.py"
_FORECAST, _DUCKDB = "predictions/test_demand_forecast.py", "engine/test_duckdb.py"
_SENTIMENT, _RACE = "models/test_sentiment_model.py", "models/test_sentiment_race.py"
_REVIEWS, _WORDS = "marts/test_reviews.py", "features/test_review_words.py"

_FIT, _FRAME = "models/test_recommendation_fit.py", "models/test_recommendation_frame.py"
_CANDIDATES, _PRODUCT, _RECOMMENDATION = "features/test_customer_candidates.py", "features/test_customer_product.py", "models/test_recommendation_model.py"

_RECORDS, _LINKS, _MEMBERS, _CUSTOMERS = (
    "marts/test_customer_records.py",
    "marts/test_customer_links.py",
    "marts/test_customer_members.py",
    "marts/_identity/test_customers.py",
)

_PURCHASES, _REPORT, _COUPONS = "marts/test_campaign_purchases.py", "marts/test_campaign_report.py", "marts/test_campaign_coupons.py"
_OF_SPARK, _SPARK, _PROBES = "engine/spark/ibis_private.py", "engine/spark/test_engine.py", "engine/spark/test_probes.py"
_LAKEFILE, _STREAMED, _REPLAY = "ingest/test_lakefile.py", "lake/test_streamed.py", "demo/stream/test_replay.py"
_TODAY = "lake/test_today.py"
_CLOSED, _LANDED, _SERVE = "automation/test_day_closed.py", "orchestration/test_landed.py", "streams/test_serve.py"
_DURABLE, _LANDER, _SUBSCRIBED = "test_durable.py", "streams/test_lander.py", "streams/test_subscribed.py"
_FAILURES, _CLUSTER = "engine/spark/test_failures.py", "engine/spark/cluster/test_cluster.py"
_INTO_DELTA, _UNDER_WAY = "engine/spark/test_into_delta.py", "warehouse/delta/test_under_way.py"
_DELTA, _UPKEEP, _FORGETTING = (f"warehouse/delta/test_{name}.py" for name in ("tables", "upkeep", "forgetting"))
_STORY, _BEAM, _FOLLOWED = "reporting/test_customer.py", "beam/test_forecasts.py", "engine/spark/cluster/test_streaming.py"

_ERASURES, _EMPTIED = "ingest/test_erasures.py", "ingest/formats/test_emptied.py"
_ERASE = "orchestration/test_erase.py"
_SNAPSHOT = "warehouse/test_snapshot.py"
_FIND, _PERSON, _SCAN, _FORGET, _REWRITE = (f"warehouse/erasure/test_{name}.py" for name in ("find", "person", "scan", "forget", "rewrite"))

MUTANTS = (
    # Contracts.
    Mutant("a contract forgets checks of pandera's own", "engine/breaches.py", "if contract.others():", "if False:", ("warehouse/test_audit.py",)),
    Mutant("a time that is not finite is one", "engine/breaches.py", " or kind.is_timestamp()", "", ("warehouse/test_audit.py",)),
    Mutant(
        "pandera is asked by another rule", "table/pandera_model.py", "unique=column.unique, ", "", ("table/test_pandera_model.py", "warehouse/test_audit.py")
    ),
    # Attribution.
    Mutant("what is sent after a purchase led to it", "marts/campaign_purchases.py", "(_.touched_at < _.sold_at) & ", "", (_PURCHASES,)),
    Mutant(
        "a click counts as a message",
        "marts/campaign_purchases.py",
        "without.clicked_at.notnull(), CLICKED, SENT",
        "without.clicked_at.isnull(), CLICKED, SENT",
        (_PURCHASES,),
    ),
    Mutant("the weakest evidence counts first", "marts/campaign_purchases.py", "[strength.asc(), ", "[strength.desc(), ", (_PURCHASES,)),
    Mutant("the first touch counts", "marts/campaign_purchases.py", "_.touched_at.desc(nulls_first=False)", "_.touched_at.asc()", (_PURCHASES,)),
    Mutant("a line is credited to each campaign", "marts/campaign_purchases.py", ".filter(_.place == 0)", "", (_PURCHASES,)),
    Mutant("a campaign that is over gets lines", "marts/campaign_purchases.py", " & (_.sold_on <= _.ends_on))", ")", (_PURCHASES,)),
    Mutant("a campaign gets lines before its first day", "marts/campaign_purchases.py", "(_.sold_on >= _.starts_on) & ", "", (_PURCHASES,)),
    Mutant(
        "a campaign gets lines for touches before its announcement", "marts/campaign_purchases.py", " & (_.touched_on >= _.announced_on))", ")", (_PURCHASES,)
    ),
    Mutant("a purchase is led to by a touch of a later batch", "marts/campaign_purchases.py", " & (_.touched_on <= _.batch_date)", "", (_PURCHASES,)),
    Mutant("a receipt knows a delivery that is noted later", "marts/_receipts.py", "(_.noted_on <= _.batch_date) & ", "", (_PURCHASES,)),
    Mutant("a receipt is delivered before it is printed", "marts/_receipts.py", " & (_.noted_on >= _.sold_on)", "", (_PURCHASES,)),
    Mutant("a receipt with two recipients is of one", "marts/_receipts.py", ".filter(_.recipients == 1)", "", (_PURCHASES,)),
    Mutant("a receipt knows a name that comes later", "marts/_receipts.py", ".filter(_.named_on <= _.batch_date)", "", (_PURCHASES,)),
    Mutant("a browser's cookie does not count", "marts/_campaigns/touches.py", "ibis.coalesce(_.contact_id, _.addressee)", "_.addressee", (_PURCHASES,)),
    Mutant("a click knows a message that is sent later", "marts/_campaigns/touches.py", ", messages.sent_on <= followed.touched_on]", "]", (_PURCHASES,)),
    Mutant(
        "a coupon is on any receipt of several", "marts/_campaigns/redeemed.py", ".filter((_.alike == 1) | (_.agreement == _BY_CONTACT))", "", (_PURCHASES,)
    ),
    Mutant(
        "a coupon of a name is on anybody's receipt",
        "marts/_campaigns/redeemed.py",
        "found.customer_id.isnull() | is_anonymous",
        "found.customer_id.notnull() | is_anonymous",
        (_PURCHASES,),
    ),
    Mutant("a coupon is on a receipt that agrees less", "marts/_campaigns/redeemed.py", ".filter(_.agreement == _.best)", "", (_PURCHASES,)),
    Mutant("a given name does not matter", "marts/_campaigns/redeemed.py", "(same_family & same_given, _BY_NAME)", "(same_family, _BY_NAME)", (_PURCHASES,)),
    Mutant("a late line is the only one of its day", "marts/_campaigns/redeemed.py", " & (found.sold_on == found.batch_date)", "", (_PURCHASES,)),
    Mutant(
        "a coupon of another store is on the receipt",
        "marts/_campaigns/redeemed.py",
        'products.redeemed_on, "store_id", "product_id"',
        'products.redeemed_on, "product_id"',
        (_PURCHASES,),
    ),
    Mutant("a campaign counts what comes later", "marts/campaign_report.py", " & (_[day] <= _.batch_date))", ")", (_REPORT,)),
    Mutant("a campaign is reported before it begins", "marts/campaign_report.py", "announced.starts_on <= days.batch_date, ", "", (_REPORT,)),
    Mutant("a campaign is reported before it is announced", "marts/campaign_report.py", "announced.announced_on <= days.batch_date, ", "", (_REPORT,)),
    Mutant("late lines of an ended campaign are missed", "marts/campaign_report.py", "interval(days=MOST_DAYS_LATE)", "interval(days=0)", (_REPORT,)),
    Mutant(
        "a click reaches somebody",
        "marts/campaign_report.py",
        "reached=_.customer_id.nunique(where=_.touch == SENT)",
        "reached=_.customer_id.nunique()",
        (_REPORT,),
    ),
    Mutant(
        "a longer campaign than is looked back on is accepted", "marts/campaign_coupons.py", "interval(days=LONGEST)", "interval(days=LONGEST + 1)", (_COUPONS,)
    ),
    Mutant("a customer's story shows names unasked", "reporting/customer.py", "value if with_names else PRIVATE", "value", (_STORY,)),
    Mutant("a customer's story knows later days", "reporting/customer_rows.py", ".filter(_.batch_date <= day)", "", (_STORY,)),
    # What is remembered.
    Mutant("SQL is remembered whatever the expression is", "engine/compile.py", "sha256(whole)", "sha256(bytes())", ("engine/test_compile.py",)),
    Mutant("of an engine's function only the type is written", "engine/ibis_private.py", 'members["__func_name__"], ', "", ("engine/test_ibis_private.py",)),
    # Once a day.
    Mutant(
        "a repeated line is there twice", "marts/_once.py", "ibis.row_number().over(alike) > 0", "ibis.row_number().over(alike) > 1", ("marts/test_sends.py",)
    ),
    Mutant("a bad line is what a good one repeats", "marts/_once.py", ", judged.reject_reason.isnull()]", "]", ("marts/test_sends.py",)),
    Mutant(
        "the first of corrected rows is kept",
        "marts/_once.py",
        "ibis.desc(_.source_line)",
        "_.source_line",
        ("marts/test_products.py", "marts/test_contacts.py"),
    ),
    # Identity.
    Mutant("what holds on a day is what holds today", "warehouse/shown.py", " where batch_date <= as_of qualify", " qualify", ("test_laws.py",)),
    Mutant(
        "a record is told on its last day", "marts/customer_records.py", "batch_date=formed.batch_date.min()", "batch_date=formed.batch_date.max()", (_RECORDS,)
    ),
    Mutant(
        "a contact is told each time it is sent", "marts/customer_records.py", "is_new=is_first | ibis.or_(*changed)", "is_new=ibis.literal(True)", (_RECORDS,)
    ),
    Mutant("a weight that is nearly enough links", "marts/_identity/guards.py", "LINKED_FROM = 6.0", "LINKED_FROM = 5.0", (_LINKS,)),
    Mutant("the other record is compared as it no longer is", "marts/_identity/comparison.py", "l.batch_date < r.valid_until and ", "", (_LINKS,)),
    Mutant(
        "links of a divided customer count in any order", "marts/_identity/customers.py", "in sorted(customer.links)", "in customer.links[::-1]", (_MEMBERS,)
    ),
    Mutant("a decision does not wait for a record", "marts/_identity/history.py", ', since[row["right"]])', ")", (_MEMBERS,)),
    Mutant("records are compared as they no longer are", "marts/_identity/comparison.py", " and r.batch_date < l.valid_until", "", (_LINKS,)),
    Mutant("pairs of other days are told", "marts/_identity/guards.py", ".filter(_.batch_date.isin(asked))", "", (_LINKS,)),
    Mutant(
        "an initial knows people who come later", "marts/_identity/guards.py", '["postcode", other.known_from <= asked.batch_date, ', '["postcode", ', (_LINKS,)
    ),
    Mutant("a name knows namesakes who come later", "marts/_identity/guards.py", "known.known_from <= named.batch_date, ", "", (_LINKS,)),
    Mutant(
        "people of a household are one",
        "marts/_identity/guards.py",
        '(heavy & ~_is_one_of(ENOUGH), "the given names differ")',
        "(heavy & ~_is_one_of(ENOUGH), _BY_WEIGHT)",
        (_LINKS,),
    ),
    Mutant("an initial fits anybody", "marts/_identity/guards.py", "heavy & _.others.notnull()", "heavy & ~heavy", (_LINKS,)),
    Mutant("a name is enough for anybody", "marts/_identity/guards.py", "(no_postcode & (_.places == 1), _ALONE)", "(no_postcode, _ALONE)", (_LINKS,)),
    Mutant("a mail box of an office is evidence", "marts/_identity/versions.py", "_.place == MOST_PLACES", "_.place == 99", (_LINKS,)),
    Mutant(
        "a mail box of an office never was evidence",
        "marts/_identity/comparison.py",
        "greatest(batch_date_l, batch_date_r) >= {name}",
        "greatest(batch_date_l, batch_date_r) <> {name}",
        (_LINKS,),
    ),
    Mutant("a pair for review is a link", "marts/_identity/history.py", "customer_links.filter(_.status == LINKED)", "customer_links", (_MEMBERS,)),
    Mutant(
        "a customer has the number of its latest record",
        "marts/_identity/customers.py",
        "earliest, was = self._customer[record].records[0]",
        "earliest, was = self._customer[record].records[-1]",
        (_MEMBERS, _CUSTOMERS),
    ),
    Mutant(
        "whom a person keeps apart, a link brings together",
        "marts/_identity/customers.py",
        "            if self._are_apart(its, theirs):\n                return\n",
        "",
        (_MEMBERS, _CUSTOMERS),
    ),
    Mutant("a decision divides nobody", "marts/_identity/customers.py", "            self._divide(one, other)\n", "", (_MEMBERS, _CUSTOMERS)),
    Mutant("the weakest link counts first", "marts/_identity/history.py", '("match_weight", "descending")', '("match_weight", "ascending")', (_MEMBERS,)),
    Mutant("today's customer is that of any day", "marts/customer_members.py", "[days.batch_date >= customer_members.batch_date]", "[]", (_MEMBERS,)),
    # Recommendations.
    Mutant("a feature knows purchases that arrive later", "features/_purchases.py", "customer_purchases.batch_date <= days.batch_date, ", "", (_CANDIDATES,)),
    Mutant(
        "a candidate is of the catalogue of later days", "features/_purchases.py", "[history.valid_from <= days.batch_date, history", "[history", (_CANDIDATES,)
    ),
    Mutant("a week's purchases are those known today", "models/_recommendation/weeks.py", " & (_.batch_date <= end))", ")", (_RECOMMENDATION,)),
    Mutant("a week has the day before it", "models/_recommendation/weeks.py", "(_.sold_on > origin) & (", "(_.sold_on >= origin) & (", (_RECOMMENDATION,)),
    Mutant("factors know what arrives later", "models/_recommendation/weeks.py", "(_.batch_date <= origin) & ", "", (_RECOMMENDATION,)),
    Mutant(
        "a model is trained on the week that it is judged by",
        "models/recommendation_model.py",
        "range(count, 0, -1)",
        "range(count - 1, -1, -1)",
        (_RECOMMENDATION,),
    ),
    Mutant(
        "a backtest knows its week",
        "models/recommendation_model.py",
        "_fitted(artifacts, seen, batches, origin), _factors",
        "_fitted(artifacts, seen, batches, origin + WEEK * _DAY), _factors",
        (_RECOMMENDATION,),
    ),
    Mutant(
        "what the extra predicts is believed",
        "models/_booster.py",
        "if not np.array_equal(made[::CHECKED], expected, equal_nan=True):",
        "if made is expected:",
        ("models/test_booster.py",),
    ),
    Mutant("discoveries are learnt from what was bought before", "models/_recommendation/fit.py", "~frame.known}", "frame.known | True}", (_FIT,)),
    *(
        Mutant(f"the last days of {name} know less than it is made of", f"models/{name}.py", f"{what} = 6 + ", f"{what} = ", ("models/test_look_back.py",))
        for name, what in (("demand_model", "LOOK_BACK"), ("recommendation_model", "_BEFORE"), ("sentiment_model", "LOOK_BACK"))
    ),
    Mutant("a score that is large does not fit", "predictions/product_recommendations.py", '"_score", ', "", ("predictions/test_product_recommendations.py",)),
    Mutant("a model learns from weeks that are not its own", "models/_recommendation/fit.py", "weeks[-WEEKS_OF[name] :]", "weeks", (_FIT,)),
    Mutant("customers who bought it already may do so first", "models/_recommendation/frame.py", ' - of["customers_91d"] + _PRIOR', " + _PRIOR", (_FRAME,)),
    Mutant("each purchase is a first one", "features/_purchases.py", "(_.days_since_first < WEEK)", "(_.days_since < WEEK)", (_PRODUCT,)),
    Mutant("a price is that of half a year", "features/_purchases.py", "_.cents.sum(where=_.age < RECENT)", "_.cents.sum()", (_PRODUCT,)),
    Mutant("the engine's threads wait for a model", "engine/making.py", "[*islice(rows, 1)]", "[*islice(rows, 0)]", ("engine/test_making.py",)),
    Mutant("the worst method is in force", "models/recommendation_model.py", "return max(means", "return min(means", (_RECOMMENDATION,)),
    Mutant(
        "of equal scores any comes first",
        "models/_recommendation/frame.py",
        "lexsort((product, ",
        "lexsort((-product, ",
        (_FRAME,),
    ),
    Mutant(
        "of equal candidates any comes first",
        "features/customer_candidates.py",
        'ibis.desc(score), "product_id"]',
        'ibis.desc(score), ibis.desc("product_id")]',
        (_CANDIDATES,),
    ),
    Mutant(
        "a promotion that is over goes on", "features/_promoted.py", "(known.ends_on > known.batch_date)", "(known.ends_on >= known.batch_date)", (_PRODUCT,)
    ),
    Mutant("a promotion after the week counts", "features/_promoted.py", "ibis.interval(days=WEEK)", "ibis.interval(days=WEEK + 1)", (_PRODUCT,)),
    Mutant("a gap longer than the time since counts", "features/_purchases.py", "_.gap <= _.since", "_.gap >= _.since", (_PRODUCT,)),
    Mutant("rows without a value are not scored", "engine/parts.py", """, f'"{column}" is null']""", "]", ("engine/test_parts.py",)),
    Mutant("rows are in every part that begins before them", "engine/parts.py", "{low} and not {high}", "{low}", ("engine/test_parts.py",)),
    Mutant(
        "a group is cut in two", "engine/scoring.py", "waiting = rows.slice(cut)", "waiting = None", (_DUCKDB, "predictions/test_product_recommendations.py")
    ),
    Mutant("a receipt has the salt", "settings.py", "if name in _SECRET:", "if not name:", ("test_settings.py",)),
    Mutant("any number of lines is parsed at once", "ingest/formats/lines.py", "<= LINES_AT_ONCE:", "<= 1 << 40:", ("ingest/formats/test_lines.py",)),
    # Pruning.
    Mutant("a version in force is pruned", "warehouse/prune.py", "(model, version) not in named and ", "", ("warehouse/test_prune.py",)),
    Mutant(
        "a version is pruned at any age",
        "warehouse/prune.py",
        " and dt.datetime.fromtimestamp(folder.stat().st_mtime, dt.UTC) < before",
        "",
        ("warehouse/test_prune.py",),
    ),
    Mutant(
        "a version that a batch was made with is not named",
        "warehouse/verify_models.py",
        "(i.upstream_publication, i.upstream, i.upstream_date) = (m.publication, m.asset, m.batch_date)",
        "false",
        ("warehouse/test_prune.py",),
    ),
    Mutant(
        "a version is removed in place",
        "warehouse/prune.py",
        "    shutil.rmtree(going)",
        "    going.rename(each.folder), shutil.rmtree(each.folder)",
        ("warehouse/test_prune.py",),
    ),
    Mutant(
        "what a batch in force was made from goes from the ledger",
        "warehouse/prune_ledger.py",
        "    union\n    select upstream, upstream_date, upstream_publication from needed join quality.inputs using (publication, asset, batch_date)\n",
        "",
        ("warehouse/test_prune_ledger.py",),
    ),
    Mutant("the ledger is pruned at any age", "warehouse/prune_ledger.py", "published_at < ?", "? is not null", ("warehouse/test_prune_ledger.py",)),
    Mutant(
        "receipts outlive their batches",
        "warehouse/prune_ledger.py",
        '"ledger", "receipts", "models"',
        '"ledger", "models"',
        ("warehouse/test_prune_ledger.py",),
    ),
    Mutant("the job prunes nothing", "automation/prune.py", "is_executed=True", "is_executed=False", ("automation/test_prune.py",)),
    # Verifying the store of models.
    Mutant("no model is trained again", "warehouse/verify.py", "    if are_rows_whole:\n", "    if False:\n", ("warehouse/test_verify.py",)),
    Mutant("one version is trained again", "warehouse/verify_models.py", "desc limit 2", "desc limit 1", ("warehouse/test_verify.py",)),
    Mutant("what no batch names is not looked at", "warehouse/verify_models.py", "(folder / SUMS).is_file() and", "False and", ("warehouse/test_verify.py",)),
    # How long a plan takes.
    Mutant("runs are planned as if they took nothing", "warehouse/plan_lines.py", "sum(known) + dagsters", "sum(known)", ("orchestration/test_durations.py",)),
    Mutant("publishing is counted twice", "warehouse/pace.py", "took[run_id] - seconds", "took[run_id]", ("orchestration/test_durations.py",)),
    # A commit that fails when it is on the disk.
    Mutant(
        "a retry doubles rows",
        "warehouse/commit.py",
        '    connection.execute(f"delete from {table} where batch_date in (select unnest(?::date[]))", [days])\n',
        "",
        ("warehouse/test_publication.py",),
    ),
    Mutant(
        "a run that failed is taken for one that reported all",
        "orchestration/unreported.py",
        " and run.status == dg.DagsterRunStatus.SUCCESS",
        "",
        ("orchestration/test_unreported.py",),
    ),
    # Dagster's storage.
    Mutant(
        "a process leaves its write-ahead logs",
        "orchestration/event_log.py",
        "        weakref.finalize(self, _close_at_exit, self._connections, os.getpid())\n",
        "",
        (_EVENTS,),
    ),
    Mutant(
        "a log is not emptied if another process reads it",
        "orchestration/event_log.py",
        'sqlite.execute("pragma wal_checkpoint(truncate)")',
        "pass",
        (_EVENTS,),
    ),
    # Several files a day.
    Mutant("all files of a day are told as changed", "warehouse/raw_files.py", "then[name] != now[name]", "True", (_CAUSES,)),
    # Trading days.
    Mutant("a day ends at midnight whatever the setting", "expressions/local_time.py", "60 * end.hour + end.minute", "0", ("expressions/test_trading_day.py",)),
    Mutant("sales of any day may be ahead", "expressions/local_time.py", " & (could_be <= arrived_on)", "", ("expressions/test_trading_day.py",)),
    Mutant("late sales are of the day on which they arrive", "expressions/local_time.py", "(day > arrived_on) & ", "", ("expressions/test_trading_day.py",)),
    # Lines that are sent again.
    Mutant(
        "lines sent again on a later day are sold twice",
        "marts/sales_lines.py",
        'lookback={"till_lines": MOST_DAYS_LATE}, ',
        "",
        ("lake/test_laws_of_this_lake.py",),
    ),
    Mutant("the last of repeated lines is kept", "marts/sales_lines.py", "}).min())", "}).max())", ("marts/test_sales_lines.py",)),
    Mutant("a line of another store is a repeat", "marts/sales_lines.py", '"sold_on", "store_id", ', '"sold_on", ', ("marts/test_sales_lines.py",)),
    Mutant("a row that is sifted may be lost", "warehouse/conservation.py", "_check_places(con, receipt.read)", "pass", ("test_laws.py",)),
    # What is remembered of the code.
    Mutant(
        "what is remembered outlives a changed file",
        "table/remembered.py",
        "*(tree(name) for name in sorted({_PACKAGE, package}))",
        "",
        ("table/test_remembered.py",),
    ),
    Mutant("what is remembered outlives a renamed file", "table/remembered.py", "os.path.relpath(path, root)", '""', ("table/test_remembered.py",)),
    Mutant("what is remembered outlives a setting", "table/remembered.py", "*_libraries(), *written", "*_libraries()", ("table/test_remembered.py",)),
    Mutant("an answer found amid a change is kept", "table/remembered.py", " and _key(package, _tree_now) == key", "", ("table/test_remembered.py",)),
    Mutant("what follows from other packages is kept", "table/remembered.py", "if may_be_kept() and", "if", ("table/test_remembered.py",)),
    # What a model knows, and when.
    Mutant(
        "sales that became known later are trained on",
        "models/_demand/known.py",
        'self.sales[self.sales["batch_date"] <= pd.Timestamp(on)]',
        "self.sales",
        (_KNOWN,),
    ),
    Mutant("targets after the retrain day are trained on", "models/_demand/known.py", ' & (self.sales["target_date"] <= pd.Timestamp(on))', "", (_KNOWN,)),
    Mutant(
        "a day that was known as open later is trained on",
        "models/_demand/known.py",
        '(self.sales["batch_date"] <= pd.Timestamp(on)) & (self.sales["target_date"]',
        '(self.sales["target_date"]',
        (_KNOWN,),
    ),
    Mutant("closed days are trained on", "models/_demand/known.py", ' & (self.sales["units"] > 0)', "", (_KNOWN,)),
    Mutant(
        "closed days are trained on, whatever was sold",
        "models/demand_model.py",
        "known.opened(part_of(frame, _as_of(day, day)), day)",
        "part_of(frame, _as_of(day, day))",
        (_MODEL,),
    ),
    Mutant(
        "as-of days of other models are trained on",
        "models/_demand/known.py",
        'frame.keys["batch_date"].isin(days)',
        'frame.keys["batch_date"].notna()',
        (_KNOWN,),
    ),
    Mutant(
        "returns that became known later are trained on",
        "models/_demand/known.py",
        'self.returns[self.returns["batch_date"] <= pd.Timestamp(on)]',
        "self.returns",
        (_KNOWN,),
    ),
    Mutant("a product's moves before the as-of day are undone", "models/_demand/known.py", 'met[met["moved_on"] > met["batch_date"]]', "met", (_KNOWN,)),
    Mutant("a wrong quantity is trained on", "models/_demand/known.py", "0.0, frame.most)", "0.0, np.inf)", (_KNOWN,)),
    Mutant(
        "a closing is known before its day",
        "partitions.py",
        "closing.known_on is None or closing.known_on <= day",
        "True",
        ("features/test_target_calendar.py",),
    ),
    Mutant(
        "a closing holds after it was withdrawn", "partitions.py", "closing.withdrawn_on is None or day < closing.withdrawn_on", "True", ("test_partitions.py",)
    ),
    Mutant(
        "days to come are asked for as of today",
        "features/target_calendar.py",
        "is_closed(target, known_on=day)",
        "is_closed(target)",
        ("features/test_target_calendar.py",),
    ),
    Mutant("days that are known as open later count", "features/category_demand.py", "arrived.arrived_on <= days.batch_date, ", "", (_DEMAND,)),
    Mutant("sales that arrive later count", "features/category_demand.py", "sold.known_on <= opened.batch_date, ", "", (_DEMAND,)),
    Mutant("closed days count", "features/category_demand.py", "category_day_sales.filter(_.lines > 0)", "category_day_sales", (_DEMAND,)),
    Mutant("what goes back counts", "features/category_demand.py", "moves.filter(moves.arrived_on < moves.moved_on)", "moves", (_DEMAND,)),
    Mutant("a wrong quantity counts", "features/category_demand.py", "units=ibis.least(_.units, _.most_units)", "units=_.units", (_DEMAND,)),
    Mutant("promotions that are announced later are known", "features/_promoted.py", "announced.announced_on <= days.batch_date", "True", (_DEMAND,)),
    Mutant("a promotion is of the category that its product has later", "features/_promoted.py", "(known.valid_from <= known.batch_date) & ", "", (_DEMAND,)),
    Mutant(
        "what is not planned yet is not promoted",
        "models/_demand/frame.py",
        'np.where(horizon <= rows["days_planned"].to_numpy(int), (ahead + 1) / (usual + 1), np.nan)',
        "(ahead + 1) / (usual + 1)",
        ("models/test_demand_frame.py",),
    ),
    Mutant("sales of a day too few follow a move", "marts/category_moves.py", '"sales_lines": DAYS_BEFORE', '"sales_lines": DAYS_BEFORE - 1', (_MOVES,)),
    Mutant("sales before a product was listed follow its move", "marts/category_moves.py", ">= sides.listed_on", "< sides.moved_on", (_MOVES,)),
    Mutant("sales after a move follow it", "marts/category_moves.py", "sales_lines.batch_date < sides.moved_on,\n", "\n", (_MOVES,)),
    Mutant(
        "sales before a move go back",
        "marts/category_moves.py",
        "arriving.batch_date >= sides.moved_on, arriving.batch_date <= sides",
        "arriving.batch_date <= sides",
        (_MOVES,),
    ),
    Mutant("as-of days shift with the retrain day", "models/_demand/known.py", "day.toordinal() % step", "(trained_on - day).days % step", (_KNOWN,)),
    Mutant("a fit knows what was sold a week later", "models/demand_model.py", "known.sold(usable, day)", "known.sold(usable, day + 7 * _DAY)", (_MODEL,)),
    Mutant("a fit has the targets of a week later", "models/demand_model.py", "_as_of(day, day)), day)", "_as_of(day, day)), day + 7 * _DAY)", (_MODEL,)),
    Mutant("a backtest knows nine horizons ahead", "models/demand_model.py", "over = origin + HORIZON * _DAY", "over = origin + 9 * HORIZON * _DAY", (_MODEL,)),
    Mutant("a version forgets the parameters", "models/demand_model.py", '"what": what, "parameters": PARAMETERS', '"what": what', (_MODEL,)),
    Mutant("a version forgets the number of trees", "models/demand_model.py", '"trees": TREES, "every": EVERY, "step"', '"every": EVERY, "step"', (_MODEL,)),
    Mutant("a version forgets its retrain day", "models/demand_model.py", "*libraries, str(trained_on), ", "*libraries, ", (_MODEL,)),
    Mutant("a version forgets the batches", "models/demand_model.py", "str(trained_on), *contents]", "str(trained_on)]", (_MODEL,)),
    Mutant("a version has batches after its retrain day", "models/demand_model.py", "first <= batch.day <= trained_on", "first <= batch.day", (_MODEL,)),
    Mutant("a loser is in force", "models/demand_model.py", "LIGHTGBM if wins else best[1]", "LIGHTGBM", (_MODEL,)),
    Mutant("a loser forecasts all the same", "predictions/demand_forecast.py", 'if demand_model.row["in_force"] != LIGHTGBM:', "if False:", (_FORECAST,)),
    # What the numbers are.
    Mutant("the weights' sum is wrong", "models/_demand/frame.py", "(1 - decay ** rows", "(1 + decay ** rows", (_FRAME,)),
    Mutant(
        "the store's trend of a week is upside down",
        "models/_demand/frame.py",
        "totals[7] * days[28], totals[28] * days[7]",
        "totals[28] * days[7], totals[7] * days[28]",
        (_FRAME,),
    ),
    Mutant(
        "the store's trend of a month is upside down",
        "models/_demand/frame.py",
        "totals[28] * days[91], totals[91] * days[28]",
        "totals[91] * days[28], totals[28] * days[91]",
        (_FRAME,),
    ),
    Mutant("a weekday that is never open is forecast", "models/_demand/frame.py", ".to_numpy(bool) | never_open)", ".to_numpy(bool))", (_FRAME,)),
    Mutant("rows are not weighted", "models/_demand/fit.py", ", weight=frame.scale[chosen]", "", (_FRAME,)),
    Mutant("the lower bound is the 20 % quantile", "models/_demand/fit.py", '"lower": 0.1', '"lower": 0.2', (_FRAME,)),
    Mutant("the upper bound is the 80 % quantile", "models/_demand/fit.py", '"upper": 0.9', '"upper": 0.8', (_FRAME,)),
    Mutant("an interval is never narrowed", "models/_demand/backtest.py", "np.clip(widen, 0.5, 2.0)", "np.clip(widen, 1.0, 2.0)", (_FRAME,)),
    Mutant("closed days are judged", "models/_demand/backtest.py", "np.maximum(below, above)[is_open]", "np.maximum(below, above)", (_FRAME,)),
    Mutant("the interval's factor is not applied", "predictions/demand_forecast.py", 'demand_model.row["interval_factor"]', "1.0", (_FORECAST,)),
    # What a table sees.
    Mutant(
        "an expression sees later days", "engine/making.py", "{between(*upstream.known(days))}'", "{between(upstream.known(days)[0], dt.date.max)}'", (_DUCKDB,)
    ),
    Mutant("a generator sees later days", "engine/making.py", ".between(*upstream.known(days))", " >= upstream.known(days)[0]", (_DUCKDB,)),
    Mutant("the ledger shows later batches", "engine/making.py", ", batches.batch_date <= days[-1])", ")", (_DUCKDB,)),
    Mutant(
        "a chart sees later days",
        "reporting/preview.py",
        "published(con, table, name)).filter(_.batch_date <= day)",
        "published(con, table, name))",
        ("reporting/test_preview.py",),
    ),
    # Where Spark means something else than DuckDB.
    Mutant("Spark makes null of no number", _OF_SPARK, "return arg.is_(sge.null())", "return super().visit_IsNull(op, arg=arg)", (_PROBES,)),
    Mutant("Spark has Java's capital letters", _OF_SPARK, "self.f.anon.batch_assets_upper(arg)", "self.f.anon.upper(arg)", (_PROBES,)),
    Mutant("Spark has Java's small letters", _OF_SPARK, "self.f.anon.batch_assets_lower(arg)", "self.f.anon.lower(arg)", (_PROBES,)),
    Mutant("Spark trims blanks alone", _OF_SPARK, "expression=_text(string.whitespace)", "expression=_text(' ')", (_PROBES,)),
    Mutant("unseen signs of a text are written as they are", _OF_SPARK, 'if all(" " <= sign != "\\x7f" for sign in written):', "if written:", (_PROBES,)),
    Mutant(
        "Spark matches all patterns itself",
        "engine/spark/patterns.py",
        "        return None\n",
        "        return pattern\n",
        (_PROBES, "engine/spark/test_patterns.py"),
    ),
    Mutant("Spark cuts a decimal behind the point", _OF_SPARK, "            arg = self.f.anon.round(arg)\n", "            pass\n", (_PROBES,)),
    Mutant("Spark cuts a float behind the point", _OF_SPARK, "            arg = self._let(arg, self._to_even)\n", "            pass\n", (_PROBES,)),
    Mutant("quantiles have other last bits", _OF_SPARK, "low * sge.paren(1 - beyond) + high * beyond", "low + sge.paren(high - low) * beyond", (_PROBES,)),
    Mutant("Spark divides in decimals", _OF_SPARK, "self.cast(left, dt.float64) / self.cast(right, dt.float64)", "left / right", (_PROBES,)),
    Mutant("a float is a decimal to Spark", _OF_SPARK, "if dtype.is_floating() else super()", "if dtype.is_json() else super()", (_PROBES,)),
    Mutant(
        "the root of a negative number is no number",
        _OF_SPARK,
        "lambda value: self.if_(value < 0, error, self.f.anon.sqrt(value))",
        "lambda value: self.f.anon.sqrt(value)",
        (_SPARK,),
    ),
    Mutant("Spark has no null behind an array's end", _OF_SPARK, "self.f.anon.try_element_at(arg,", "self.f.anon.element_at(arg,", (_PROBES,)),
    Mutant("no texts are joined to null", _OF_SPARK, "sge.and_(self.f.anon.size(texts) > 0, ", "sge.and_(self.f.anon.size(texts) >= 0, ", (_PROBES,)),
    Mutant(
        "what two arrays share is there once",
        _OF_SPARK,
        "return self._those(left, lambda each: self.f.anon.array_contains(right, each))",
        "return self.f.anon.array_intersect(left, right)",
        (_PROBES,),
    ),
    Mutant("values are collected in any order", _OF_SPARK, "self.f.anon.array_sort(pairs), sge", "pairs, sge", (_PROBES,)),
    Mutant(
        "Spark counts whole seconds",
        _OF_SPARK,
        'self.f.anon.unix_micros(self.cast(arg, dt.Timestamp(timezone="UTC"))) /',
        'self.f.anon.unix_seconds(self.cast(arg, dt.Timestamp(timezone="UTC"))) * 1000000 /',
        (_PROBES,),
    ),
    Mutant(
        "a place in a text has 32 bits",
        _OF_SPARK,
        "return self._long(self.f.anon.instr(arg, substr))",
        "return self.f.anon.instr(arg, substr) - 0",
        (_PROBES, "lake/test_parity_of_this_lake.py"),
    ),
    Mutant("an empty text has no letter", "engine/spark/functions.py", 'list(text) or [""]', "list(text)", (_PROBES,)),
    Mutant("an operation that was not compared is allowed", "engine/spark/compile.py", "operations(expression) - ALIKE", "set()", (_SPARK,)),
    Mutant("any text becomes a number", _OF_SPARK, "op.arg.dtype.is_string() and not _is_checked(op.arg)", "False", (_SPARK,)),
    Mutant("a text that was checked in part becomes a number", _OF_SPARK, 'pattern.startswith("^") and pattern.endswith("$") and alike', "alike", (_SPARK,)),
    Mutant("whole numbers and floats are multiplied", _OF_SPARK, "expression.op().find(_MIXED)", "()", (_SPARK,)),
    Mutant("Spark's options may change rows", "engine/spark/session.py", "if wrong := sorted(", "if wrong := set() & set(", (_SPARK,)),
    Mutant("groups are scored in parts", "engine/spark/engine.py", "if table.together:", "if False:", (_SPARK,)),
    # Spark writes into Delta tables.
    Mutant(
        "rows are loaded that workers could write",
        "engine/spark/engine.py",
        "            return self._hand_over(table, days, self._store)",
        "            pass",
        (_INTO_DELTA,),
    ),
    Mutant(
        "workers see later days",
        "engine/spark/standing.py",
        "return rows.where(between(first, last))",
        "return rows",
        (_INTO_DELTA,),
    ),
    Mutant("workers see what was replaced", "engine/spark/standing.py", "str(table.version)", "'0'", (_INTO_DELTA,)),
    Mutant("a task's last rows are lost", "engine/spark/handing.py", "    if waiting:\n", "    if False:\n", (_INTO_DELTA,)),
    Mutant("rows that workers reject are lost", "engine/spark/handing.py", "REJECT not in self.kinds or self.rejects is None", "True", (_INTO_DELTA,)),
    Mutant("the embedded engine reads in several parts", "engine/spark/standing.py", "rows.coalesce(1) if", "rows if", ("lake/test_parity_of_this_lake.py",)),
    Mutant("workers see raw rows of other days", "engine/spark/engine.py", ".where(between(days[0], days[-1]))", "", (_INTO_DELTA,)),
    Mutant("a worker has a salt of its own", "engine/spark/raw.py", "        settings.pseudonym_salt = self.salt\n", "", ("engine/spark/test_raw.py",)),
    Mutant("a model is the same with other promotions", "models/recommendation_model.py", "(weeks + PLANNED) * _DAY}", "weeks * _DAY}", (_RECOMMENDATION,)),
    Mutant("a file that a worker refused has no rows", "engine/spark/raw.py", 'if "refused" in read:', "if False:", (_INTO_DELTA,)),
    Mutant("what workers set aside is lost", "engine/spark/raw.py", "[stem + _NONE for stem in stems]", "[]", (_INTO_DELTA,)),
    Mutant("a day that workers read may have no rows", "engine/spark/raw.py", "        complete(source, root, reading, its)\n", "", (_INTO_DELTA,)),
    Mutant(
        "files are told in the order in which workers end",
        "engine/spark/raw.py",
        'key=lambda read: read["number"]',
        'key=lambda read: -read["number"]',
        (_INTO_DELTA,),
    ),
    Mutant("a grain may be there twice in two files", "engine/spark/checking.py", "having count(*) > 1", "having count(*) > 2", (_INTO_DELTA,)),
    Mutant(
        "breaches in a portion are not counted", "engine/spark/handing.py", "self._rejected(con), int(breaches))", "self._rejected(con), 0)", (_INTO_DELTA,)
    ),
    Mutant("a lost row is not counted", "engine/spark/checking.py", 'return _count(f"select 1 from', 'return 0 and _count(f"select 1 from', (_INTO_DELTA,)),
    Mutant("rows are held to their contract by the process that publishes", "warehouse/holding.py", "if counted == 0 or ", "if ", (_INTO_DELTA,)),
    Mutant(
        "places are matched by the process that publishes",
        "warehouse/conservation.py",
        " and not (receipt.handed and receipt.handed.lost == 0):",
        ":",
        (_INTO_DELTA,),
    ),
    Mutant("a worker that comes too late leaves its file", "warehouse/delta/under_way.py", "if not self.claim.exists():", "if False:", (_UNDER_WAY,)),
    Mutant(
        "a file that a commit names is removed", "warehouse/delta/under_way.py", " for (file,) in found} - named)", " for (file,) in found})", (_UNDER_WAY,)
    ),
    Mutant("what a killed process wrote stays", "warehouse/delta/tables.py", "        remove_leftovers(self._location)\n", "", (_UNDER_WAY, _INTO_DELTA)),
    Mutant("files of a process that lives are removed", "warehouse/delta/under_way.py", "                continue", "                pass", (_UNDER_WAY,)),
    Mutant("another store's files are removed", "warehouse/delta/under_way.py", '.startswith(f"{location}/")', '.startswith("")', (_UNDER_WAY,)),
    Mutant(
        "what no commit named stays",
        "warehouse/delta/under_way.py",
        "                _close(location, claim)\n\n\ndef remove",
        "                pass\n\n\ndef remove",
        (_UNDER_WAY,),
    ),
    Mutant("sessions share a folder for what has no room", "warehouse/connection.py", "sql_text(str(folder))", "sql_text(str(self._spill))", (_CONNECTION,)),
    Mutant(
        "a session's rows that had no room stay on the disk",
        "warehouse/connection.py",
        "self._held = None\n            self._until_closed.close()",
        "self._held = None",
        (_CONNECTION,),
    ),
    Mutant("databases in memory share a folder", "engine/in_memory.py", '"temp_directory": "", ', "", ("engine/test_in_memory.py",)),
    Mutant("rows in transit are left", "engine/own_folder.py", "            shutil.rmtree(folder, ignore_errors=True)", "            pass", (_SPARK,)),
    Mutant("leftovers in transit stay", "engine/own_folder.py", "            shutil.rmtree(path.parent, ignore_errors=True)", "            pass", (_SPARK,)),
    Mutant("rows in transit are removed from under a process", "engine/own_folder.py", "                continue", "                pass", (_SPARK,)),
    Mutant("a server that is gone is not asked again", "engine/spark/failures.py", "if _GONE in str(error):", "if False:", (_FAILURES,)),
    Mutant(
        "a worker's exception is not told",
        "engine/spark/failures.py",
        "raised[-1] if raised else",
        "raised[-1] if False else",
        (_FAILURES,),
    ),
    Mutant("a worker's full disk is an error of Spark's", "engine/spark/failures.py", "if StorageError.__name__ in ", "if 0 and ", (_INTO_DELTA,)),
    Mutant("Spark's errors quote values", "engine/spark/failures.py", 'return _VALUE.sub("…", raised', "return str(raised", (_SPARK,)),
    Mutant(
        "a power of two is mistaken in a float's hash",
        "engine/spark/canonical.py",
        "> {size} then {guess} - 1 when",
        "> {size} then {guess} when",
        ("engine/spark/test_canonical.py",),
    ),
    Mutant("tiny floats have no hash", "engine/spark/canonical.py", "{size} < {power(-1022)}", "{size} < {power(-1070)}", ("engine/spark/test_canonical.py",)),
    # What is published, and when it is published again.
    Mutant(
        "other code is no reason to publish again",
        "warehouse/plan.py",
        "made.get(day) != (table.code, hashes | versions)",
        'made.get(day, ("", {}))[1] != hashes | versions',
        ("warehouse/test_stale.py",),
    ),
    Mutant(
        "other inputs are no reason to publish again",
        "warehouse/plan.py",
        "made.get(day) != (table.code, hashes | versions)",
        'made.get(day, ("", {}))[0] != table.code',
        ("warehouse/test_stale.py",),
    ),
    Mutant(
        "batches of a table that was dropped are believed once it is made anew",
        "warehouse/schema.py",
        "where publication >= created",
        "where publication >= 0",
        ("warehouse/test_stale.py",),
    ),
    Mutant(
        "a table that was dropped is believed",
        "warehouse/duckdb_file.py",
        "            forget_dropped(connection)\n",
        "",
        ("warehouse/test_stale.py",),
    ),
    Mutant(
        "a file is written from rows that were changed by hand",
        "warehouse/reconcile.py",
        "if _were_changed(connection, files.table, day, stamp):",
        "if False:",
        ("warehouse/test_reconcile.py",),
    ),
    Mutant(
        "a fault after the commit is told as if nothing had been published",
        "warehouse/publication.py",
        "    except duckdb.Error as error:",
        "    except duckdb.SyntaxException as error:",
        ("warehouse/test_publication.py",),
    ),
    Mutant(
        "a connection that failed after the commit is used again",
        "warehouse/publication.py",
        "        warehouse.let_go()\n",
        "        pass\n",
        ("warehouse/test_publication.py",),
    ),
    Mutant("a receipt is no part of its transaction", "warehouse/commit.py", "        enter(", "    enter(", ("warehouse/test_publication.py",)),
    Mutant(
        "a receipt reads what was published since",
        "warehouse/schema.py",
        "and u.publication < r.publication and",
        "and",
        ("warehouse/test_trace.py",),
    ),
    Mutant(
        "a receipt reads what had been replaced before",
        "warehouse/schema.py",
        "and coalesce(r.publication <= u.replaced_by, true)",
        "",
        ("warehouse/test_trace.py",),
    ),
    Mutant("a receipt forgets the look-back", "warehouse/receipts.py", "window(day, upstream.look_back)[0]", "day", ("warehouse/test_trace.py",)),
    Mutant("a replay takes other inputs", "warehouse/replay.py", "if inputs_hash(published, upstream, ", "if 0 and (upstream, ", ("warehouse/test_replay.py",)),
    Mutant("no model file is verified", "warehouse/verify.py", "    yield from stored\n", "", ("warehouse/test_verify.py",)),
    Mutant(
        "a model that only predictions name is not verified",
        "warehouse/verify_models.py",
        "        or exists (",
        "        and not exists (",
        ("warehouse/test_verify.py",),
    ),
    Mutant(
        "a replay takes the model that is there",
        "warehouse/replay.py",
        "Artifacts(Path(folder)) if table.is_generator else models",
        "models",
        ("warehouse/test_replay.py",),
    ),
    Mutant(
        "an inputs' hash forgets which day has which content",
        "warehouse/ledger.py",
        'combined([f"{d} {published',
        'combined([f"{published',
        ("warehouse/test_ledger.py",),
    ),
    Mutant(
        "a lost batch's total is not expected to be 0", "warehouse/conservation.py", "dict.fromkeys(days, 0) | {row[0]", "{row[0]", ("warehouse/test_audit.py",)
    ),
    Mutant("a limit that is excluded is included", "engine/breaches.py", '"{column} < {value}"', '"{column} <= {value}"', ("warehouse/test_audit.py",)),
    Mutant(
        "every grain is taken for matched",
        "warehouse/audit.py",
        "is_by_place(target.contract) and receipt.rows_in is not None",
        "True",
        ("warehouse/test_audit.py", "warehouse/test_publication.py", "test_laws.py"),
    ),
    Mutant(
        "any grain is taken for a place",
        "warehouse/conservation.py",
        'return sorted(contract.grain()) == sorted(_PLACE.split(", "))',
        "return True",
        ("warehouse/test_audit.py",),
    ),
    Mutant(
        "bad text is looked for in a few lines", "ingest/formats/csv.py", "range(0, lines, _LINES_AT_A_LOOK)", "[0]", ("ingest/formats/test_csv_dialects.py",)
    ),
    Mutant("a missing value is none", "engine/breaches.py", "[] if column.nullable else", "[] if True else", ("warehouse/test_audit.py",)),
    Mutant("a breach does not name its day", "warehouse/audit.py", 'stays published.", day=day)', 'stays published.")', ("warehouse/test_publication.py",)),
    Mutant(
        "other columns of the same number are taken",
        "warehouse/commit.py",
        "^ _columns(connection, KEPT):",
        "^ _columns(connection, KEPT) and len(differing) % 2:",
        ("warehouse/test_publication.py",),
    ),
    Mutant(
        "the latest view is of the oldest day",
        "warehouse/shown.py",
        "select max(batch_date) from",
        "select min(batch_date) from",
        ("warehouse/test_reconcile.py",),
    ),
    Mutant("a published file is not forced to the disk", "durable.py", "os.fsync(descriptor)", "pass", ("warehouse/test_files.py",)),
    Mutant("a secret is written before it is its owner's", "durable.py", "written.touch(mode=mode)", "written.touch()", (_DURABLE,)),
    Mutant("a name is given before the file is on the disk", "durable.py", "    sync(written)\n", "", (_DURABLE,)),
    Mutant("a model's file is not forced to the disk", "warehouse/artifacts.py", "os.fsync(file.fileno())", "pass", ("warehouse/test_artifacts.py",)),
    # Content.
    Mutant("a column's greatest value is its total", "engine/canonical.py", "sum(measured)", "max(measured)", ("engine/test_canonical.py",)),
    Mutant(
        "timestamps are hashed to the day",
        "engine/canonical.py",
        "then epoch_us({value})::varchar",
        "then (epoch_us({value}) // 86400000000)::varchar",
        ("engine/test_canonical.py",),
    ),
    Mutant(
        "text is hashed without its length",
        "engine/canonical.py",
        "f\"length({value})::varchar || ':' || {value}\"",
        "f\"':' || {value}\"",
        ("engine/test_canonical.py",),
    ),
    # Whose the published files are.
    Mutant(
        "a warehouse takes the folder of another", "warehouse/owner.py", "if owner or _is_foreign(connection, root):", "if False:", ("warehouse/test_owner.py",)
    ),
    Mutant("an owner alone is asked", "warehouse/owner.py", "if owner or _is_foreign(connection, root):", "if owner:", ("warehouse/test_owner.py",)),
    Mutant("a name is enough for a file of another", "warehouse/owner.py", "stamp in stamps if", "True if", ("warehouse/test_owner.py",)),
    Mutant("a backup has another identity", "warehouse/schema.py", "md5(run_id || epoch_us(published_at))", "uuid()::varchar", ("warehouse/test_owner.py",)),
    Mutant(
        "a day is shared out by Spark's own count of what a file costs", "engine/spark/session.py", "{**_UNLESS_SET, **settings", "{**settings", (_CLUSTER,)
    ),
    # Raw files.
    Mutant("a second file of a day is overlooked", "ingest/lakefile.py", "            self._check_alone(root, mark, day)\n", "", ("ingest/test_lakefile.py",)),
    Mutant("a leftover is a second file", "ingest/names.py", "name.startswith(_STARTS) or name.endswith(_ENDS)", "False", ("ingest/test_names.py",)),
    Mutant("a folder that changed is not listed again", "ingest/names.py", ", status.st_mtime_ns)", ")", ("ingest/test_names.py",)),
    Mutant(
        "half an end at the end of a file is no line",
        "ingest/formats/csv.py",
        'block if block == b"\\r" or block.endswith(b"\\n\\r") else block.removesuffix(b"\\r")',
        'block.removesuffix(b"\\r")',
        ("ingest/formats/test_any_bytes.py",),
    ),
    Mutant(
        "a commit takes all the memory", "warehouse/transaction.py", "set memory_limit = '{_LITTLE}'", "reset memory_limit", ("warehouse/test_transaction.py",)
    ),
    Mutant(
        "after a commit little memory is left",
        "warehouse/transaction.py",
        "            use_usual_memory(connection)",
        "            pass",
        ("warehouse/test_transaction.py",),
    ),
    Mutant("a byte order mark within a file is dropped", "ingest/formats/csv.py", " | (begins == BOM[0])", "", ("ingest/test_lakefile.py",)),
    Mutant(
        "a JSON line may have more members",
        "ingest/formats/json_objects.py",
        "if row.keys() != expected:",
        "if not row.keys() >= expected:",
        ("ingest/test_lakefile.py",),
    ),
    Mutant(
        "a JSON document may be cut off behind its records",
        "ingest/formats/json_document.py",
        "told = orjson.loads(envelope)",
        "told = {self.records: []}",
        ("ingest/formats/test_json_document.py",),
    ),
    Mutant(
        "a second array of records is forgotten",
        "ingest/formats/json_document.py",
        "if told[self.records] != []:",
        "if False:",
        ("ingest/formats/test_json_document.py",),
    ),
    Mutant("a landed file is replaced", "landing/fetch.py", "os.link(unfinished, path)", "unfinished.replace(path)", ("landing/test_fetch.py",)),
    Mutant("a day that changes is landed in parts of both", "landing/fetch.py", "if tag not in (None, found):", "if False:", ("landing/test_fetch.py",)),
    Mutant("a DOCTYPE is read", "ingest/formats/xml.py", "docinfo.internalDTD is not None", "docinfo.internalDTD == 1", ("ingest/formats/test_xml.py",)),
    Mutant(
        "a record of XML may have any length",
        "ingest/formats/xml.py",
        "if pending > RECORD_BYTES:",
        "if False:",
        ("ingest/formats/test_xml.py",),
    ),
    Mutant(
        "what is no record is not seen",
        "ingest/formats/xml.py",
        "if element.tag != self._name(self.record):",
        "if False:",
        ("ingest/formats/test_xml.py",),
    ),
    Mutant("a pattern need not match the end of a line", "ingest/formats/pattern.py", "(?:{pattern})$", "(?:{pattern})", ("ingest/formats/test_pattern.py",)),
    Mutant(
        "a line that is not in its encoding is refused twice",
        "ingest/formats/csv.py",
        " if line.line not in numbers",
        "",
        ("ingest/formats/test_csv_dialects.py",),
    ),
    Mutant(
        "line numbers forget lines that are no rows",
        "ingest/formats/lines.py",
        "len(rows.lines) + len(rows.refused)",
        "len(rows.lines)",
        ("ingest/test_lakefile.py",),
    ),
    Mutant(
        "a damaged file does not name its day",
        "ingest/lakefile.py",
        'ask for the file again.", day=day)',
        'ask for the file again.")',
        ("ingest/test_lakefile.py",),
    ),
    Mutant(
        "a file of another form does not name its day",
        "ingest/lakefile.py",
        'in lake/{self.name}.py.", day=day)',
        'in lake/{self.name}.py.")',
        ("ingest/test_lakefile.py",),
    ),
    Mutant("a stretch has no gaps", "engine/quoting.py", "len(stretches(days)) == 1", "len(days) > 0", ("engine/test_quoting.py",)),
    Mutant("lines that are no rows are not counted", "engine/reading.py", "            reading.rows += 1\n", "", ("engine/test_reading.py",)),
    Mutant(
        "the file of a closed day is not looked at",
        "engine/reading.py",
        "if source.path(root, day).exists() else CLOSED",
        "if not is_closed(day) else CLOSED",
        ("engine/test_reading.py",),
    ),
    Mutant(
        "the engine's account is told in place of the error",
        "engine/staging.py",
        "raise (raised[0] if raised else error) from None",
        "raise error from None",
        (_DUCKDB,),
    ),
    Mutant(
        "a table that sees other days in a range is taken",
        "warehouse/publication.py",
        "        check_independence(engine, table, days)\n",
        "",
        ("test_laws.py",),
    ),
    Mutant("the first day of a range alone is made again", "warehouse/independence.py", "[days[len(days) // 2]]", "[days[0]]", ("test_laws.py",)),
    # The calendar and the clock.
    Mutant(
        "a change of the clock is found to the hour",
        "expressions/local_time.py",
        "while after - before > _SECOND:",
        "while after - before > 3600 * _SECOND:",
        ("expressions/test_local_time.py",),
    ),
    Mutant(
        "stretches of days join over a missing one", "partitions.py", "day - runs[-1][-1] == _DAY", "day - runs[-1][-1] <= 2 * _DAY", ("test_partitions.py",)
    ),
    # What stands, and why a batch is made again.
    Mutant("published predictions are replaced unasked", "warehouse/planned.py", " and not self._restates_past", " and False", (_PLAN,)),
    Mutant("nothing published is ever replaced", "warehouse/planned.py", " and not self._restates_past", "", (_PLAN,)),
    Mutant("a prediction of a new day is held to stand", "warehouse/planned.py", "table.stands and day in made and", "table.stands and", (_PLAN,)),
    Mutant("what stands is not looked at for its causes", "warehouse/planned.py", "self._would if stands else self._again", "self._again", (_PLAN,)),
    Mutant("a schedule replaces predictions", "orchestration/asked.py", "not table.stands or", "True or", (_ASKED,)),
    Mutant(
        "a person who starts a run again is not obeyed",
        "orchestration/asked.py",
        " or (_AGAIN in run.tags and _AGAIN_BY_ITSELF not in run.tags)",
        "",
        (_ASKED,),
    ),
    Mutant("a run that Dagster restarts replaces predictions", "orchestration/asked.py", " and _AGAIN_BY_ITSELF not in run.tags", "", (_ASKED,)),
    Mutant("a setting's change is told as one of code", "warehouse/causes.py", "if not name.startswith((SETTING, LIBRARY))]", "]", (_CAUSES,)),
    Mutant("all of an upstream's changes are told, also those before", "warehouse/causes.py", "if number < publication:", "if False:", (_CAUSES,)),
    Mutant("each batch has the seconds of its whole publication", "warehouse/record.py", " / len(batches)\n", "\n", (_PACE,)),
    Mutant("a version forgets its libraries", "table/code_version.py", "[:12] if libraries else code", "[:12] if False else code", (_CAUSES,)),
    # Streams.
    Mutant(
        "a range is not noted before it is read",
        "streams/lander.py",
        "            save(replace(manifest, decided=of), self._stream, self._root)",
        "            pass",
        (_LANDER,),
    ),
    Mutant("what no manifest names stays", "streams/lander.py", "        sweep(manifest, self._stream, self._root)\n", "", (_LANDER,)),
    Mutant("a range that was decided is forgotten", "streams/lander.py", "if manifest.decided else manifest", "if False else manifest", (_LANDER,)),
    Mutant("a range that is landed next is noted on its own", "streams/lander.py", "decided=following)", "decided=None)", (_LANDER,)),
    Mutant("a day has what was appended after it", "streams/lander.py", "min(first, high)", "high", (_LANDER,)),
    Mutant("a day is over by a later look at the clock", "streams/lander.py", "if asked_at < partitions", "if self._now() < partitions", (_LANDER,)),
    Mutant("lost events are passed over", "streams/lander.py", "            if low > position:", "            if False:", (_LANDER,)),
    Mutant("a shorter topic is landed", "streams/lander.py", "            if high < position:", "            if False:", (_LANDER,)),
    Mutant("another topic is landed", "streams/lander.py", "self._check_last(self._checked(manifest))", "self._checked(manifest)", (_LANDER,)),
    Mutant("a day forgets the last events", "streams/lander.py", "last=ended.last", "last={}", (_LANDER,)),
    Mutant("a new partition is not landed", "streams/lander.py", "{**dict.fromkeys(there, 0), **manifest.begins}", "manifest.begins", (_LANDER,)),
    Mutant("two landers land at once", "streams/alone.py", "fcntl.LOCK_EX | fcntl.LOCK_NB", "fcntl.LOCK_SH | fcntl.LOCK_NB", (_LANDER,)),
    Mutant("what was taken back is landed", "streams/broker.py", '"isolation.level": "read_committed"', '"isolation.level": "read_uncommitted"', (_LANDER,)),
    Mutant("the sender's time ends a day", "streams/broker.py", "if kind != TIMESTAMP", "if False and kind != TIMESTAMP", (_LANDER,)),
    Mutant("a segment has events beyond its range", "streams/broker.py", "if offset < of.next:", "if True:", (_LANDER,)),
    Mutant("a segment's bytes know the clock", "streams/segment.py", "mtime=0", "mtime=None", (_LANDER,)),
    Mutant("a range without events has a file", "streams/segment.py", "    if rows:\n        put", "    if True:\n        put", (_LANDER,)),
    # A day that came in another form.
    Mutant("a segment is rewritten as a file", "warehouse/erasure/rewrite.py", "    source = source.form(path)\n", "", (_REWRITE,)),
    Mutant(
        "segments that nothing read are not searched", "warehouse/erasure/unread.py", "for form in source.forms:", "for form in source.forms[:1]:", (_REWRITE,)
    ),
    Mutant("a day that came both ways is read once", "ingest/lakefile.py", "if len(there) > 1:", "if False:", (_LAKEFILE, _STREAMED)),
    Mutant("segments are read as the usual files", "ingest/lakefile.py", "path.match(form.pattern", "not path.match(form.pattern", (_LAKEFILE, _STREAMED)),
    Mutant(
        "a replay finds the end of a day too early",
        "demo/stream/clock.py",
        "self.began - (self._start - replayed)",
        "self.began + (replayed - self._start)",
        (_REPLAY,),
    ),
    Mutant("what is no line of the log is not sent", "demo/stream/tills.py", 'yield Sent(at, b"", lines[number - 1])', "pass", (_REPLAY, _STREAMED)),
    Mutant("a replay's place keeps the till file", "demo/stream/place.py", ".unlink()", ".exists()", (_REPLAY,)),
    Mutant("a lander makes a segment a second", "streams/serve.py", "ends.wait(stream.every)", "ends.wait(LEAST_PAUSE)", (_SERVE,)),
    # A subscription.
    Mutant(
        "messages are taken before the manifest names them",
        "streams/subscribed.py",
        "        segment = write_segment(",
        "        self._subscriber.take(messages)\n        segment = write_segment(",
        (_SUBSCRIBED,),
    ),
    Mutant("messages are never taken for delivered", "streams/subscribed.py", "        self._subscriber.take(messages)\n", "", (_SUBSCRIBED,)),
    Mutant(
        "a message that comes twice at once is landed twice",
        "streams/subscribed.py",
        "        known.setdefault(message.id",
        "        {}.setdefault(message.id",
        (_SUBSCRIBED,),
    ),
    Mutant("after a failure, what was known still is", "streams/subscribed.py", "        self._days = None  #", "        self._days = days  #", (_SUBSCRIBED,)),
    Mutant("what a killed lander holds is forgotten", "streams/subscribed.py", "while held_at <= quiet_since and", "while", (_SUBSCRIBED,)),
    Mutant("a lander does not say that it holds messages", "streams/subscribed.py", "            self._held.touch()\n", "", (_SUBSCRIBED,)),
    Mutant("a lander says that it holds messages when it does not", "streams/subscribed.py", "            os.utime(self._held, (0, 0))\n", "", (_SUBSCRIBED,)),
    Mutant("a segment has messages in any order", "streams/subscribed.py", "message.published_at, message.id))", "message.id))", (_SUBSCRIBED,)),
    Mutant("messages are gathered beyond the deadline", "streams/subscribed.py", " and time.monotonic() < until", "", (_SUBSCRIBED,)),
    Mutant("a large message cannot be taken", "streams/subscriber.py", 'length", -1)', 'length", 4 << 20)', (_SUBSCRIBED,)),
    Mutant("messages fill the memory", "streams/subscribed.py", " and size < MOST_BYTES", "", (_SUBSCRIBED,)),
    Mutant(
        "a late message is of a day that was closed", "streams/open_days.py", "return max(day, self.first) if self.first else day", "return day", (_SUBSCRIBED,)
    ),
    Mutant("a day is closed while messages of it come", "streams/open_days.py", "<= quiet_since else None", "<= quiet_since or day else None", (_SUBSCRIBED,)),
    Mutant(
        "a day is closed before it ends",
        "streams/open_days.py",
        "partitions.end_of(day) > quiet_since:",
        "partitions.end_of(day) - _DAY > quiet_since:",
        (_SUBSCRIBED,),
    ),
    Mutant("another topic's messages are landed", "streams/open_days.py", "        _check_topic(manifest, days)\n", "", (_SUBSCRIBED,)),
    Mutant("what a killed lander of messages left stays", "streams/open_days.py", "            sweep(manifest, stream, root)\n", "", (_SUBSCRIBED,)),
    Mutant(
        "messages of closed days are not known",
        "streams/open_days.py",
        "        if day in closed and days.first",
        "        if day in closed or days.first",
        (_SUBSCRIBED,),
    ),
    Mutant("messages are known for ever", "streams/open_days.py", "timedelta(days=terms.retention.days + 1)", "timedelta(days=1000)", (_SUBSCRIBED,)),
    Mutant(
        "messages with one hash are taken for one", "streams/repeats.py", "found |= {message", "found |= dict.fromkeys(asked, name) or {message", (_SUBSCRIBED,)
    ),
    Mutant("a repeat is taken for the first", "streams/repeats.py", " if message in asked and is_first}", " if message in asked}", (_SUBSCRIBED,)),
    Mutant("a repeat is a row", "ingest/formats/events.py", ' and "repeats" not in event', "", (_SUBSCRIBED,)),
    Mutant("repeats change a file's form", "ingest/lakefile.py", "not refused.reason.startswith(REPEATED)", "1", (_SUBSCRIBED,)),
    Mutant("repeats stop a batch", "warehouse/rejects.py", "batch.rejected - repeated.get(batch.day, 0)", "batch.rejected", ("warehouse/test_publication.py",)),
    # A day that is closed is run, and told of while it lasts.
    Mutant("a day that is run is asked for again", "automation/daily.py", "    return any(run.status not in", "    return any(run.status in", (_CLOSED,)),
    Mutant("the first closed day is asked for", "automation/day_closed.py", "day = max(", "day = min(", (_CLOSED,)),
    Mutant("a day that lasts has a version", "orchestration/landed.py", "metadata=_figures(manifest, folder))", "metadata={})", (_LANDED,)),
    Mutant("an open day has no lag", "orchestration/landed.py", "if not is_open else", "if True else", (_LANDED,)),
    Mutant("what is behind is said to be reached", "streams/lander.py", "            if manifest.positions != ends:", "            if False:", (_LANDER,)),
    Mutant("a lander reaches its own clock", "streams/lander.py", "self._reaches = asked_at - PATIENCE", "self._reaches = asked_at", (_SERVE,)),
    # A streaming query. Its tests need `make cluster`.
    Mutant("a query has rows of segments that do not count", "engine/spark/streaming.py", "    if strange := sorted", "    if False and sorted", (_FOLLOWED,)),
    Mutant("a query is over before its day", "engine/spark/streaming.py", "if not source.path(lake, day).exists():", "if False:", (_FOLLOWED,)),
    Mutant(
        "a query leaves out what came last", "engine/spark/streaming.py", "availableNow=True).awaitTermination()", "availableNow=True).stop()", (_FOLLOWED,)
    ),
    Mutant("a query has rejected rows", "engine/spark/streaming.py", "rows.filter(pc.is_null(rows[REJECT]))", "rows", (_FOLLOWED,)),
    # Beam. Its tests need `make beam`.
    Mutant(
        "a pipeline makes forecasts of the days before",
        "beam/steps.py",
        "pa.concat_tables([earlier, rows.",
        "pa.concat_tables([earlier, earlier, rows[:0].",
        (_BEAM,),
    ),
    Mutant("a pipeline has a message as often as it came", "beam/events.py", "sorted(once.values(), key", "sorted(came, key", (_BEAM,)),
    Mutant("a pipeline has messages of other days", "beam/events.py", "begin <= message[0] < end", "True", (_BEAM,)),
    Mutant("a pipeline unpacks what it fetches", "beam/files.py", "each.path, _BYTES, _AS_IS", "each.path", (_BEAM,)),
    Mutant("a worker has settings of its own", "beam/steps.py", "        setattr(settings, name, value)", "        pass", (_BEAM,)),
    Mutant("a pipeline needs no earlier day", "beam/plan.py", "            inputs_hash(there, upstream, day)\n", "", (_BEAM,)),
    Mutant(
        "a pipeline's files have what is private",
        "engine/standalone.py",
        'return f"replace ({empty})" if empty else ""',
        'return ""',
        (_BEAM, "engine/test_standalone.py"),
    ),
    Mutant("a pipeline scores with files that were changed", "beam/steps.py", ".all(name, version, files), files)", ".all(name, version), files)", (_BEAM,)),
    # The day while it lasts.
    Mutant("a part is read of the day's own batch", "engine/open_day.py", " and batch_date < date '{self._day}'", "", (_TODAY,)),
    Mutant("the days before are not read", "engine/open_day.py", 'f"{before} union all by name from', 'f"from', (_TODAY,)),
    Mutant("a part reaches before its day", "warehouse/part.py", "max(reaches, begin)", "reaches", (_TODAY,)),
    Mutant("a part is made of what no manifest names", "warehouse/part.py", "for name in manifest.files()]", "for name in manifest.files()[1:]]", (_TODAY,)),
    Mutant("a day that has ended has a part", "warehouse/part.py", "if manifest and manifest.ends is None:", "if manifest:", (_TODAY,)),
    Mutant("what is missing is not told", "warehouse/part.py", "inputs_hash({**known", "dict({**known}) or dict({**known", (_TODAY,)),
    Mutant(
        "a day is there before its end",
        "streams/stream.py",
        'return f"{self.folder}/{{day}}/{CLOSED}"',
        'return f"{self.folder}/{{day}}/{MANIFEST}"',
        (_TODAY, _STREAMED),
    ),
    Mutant("late sales are of today", "today/sales_today.py", ".filter(_.sold_on == _.batch_date)", "", ("today/test_sales_today.py",)),
    Mutant("a forecast of another day is today's", "today/sales_today.py", "[sold.batch_date == made.target_date, ", "[", ("today/test_sales_today.py",)),
    # Delta tables.
    Mutant("a commit of Delta's is tried again unseen", "warehouse/delta/tables.py", "max_commit_retries=0", "max_commit_retries=None", (_DELTA,)),
    Mutant(
        "rejects of a batch that was replaced are told",
        "warehouse/delta/tables.py",
        " semi join quality.batches using (asset, {DAY}, publication)",
        "",
        (_DELTA,),
    ),
    Mutant(
        "a clock that is behind numbers backwards", "warehouse/delta/tables.py", "max(highest + 1, time.time_ns() // 1000)", "time.time_ns() // 1000", (_DELTA,)
    ),
    Mutant("only the first day is replaced", "warehouse/delta/tables.py", "for day in days])],", "for day in days[:1]])],", (_DELTA,)),
    Mutant("a writer replaces what another published meanwhile", "warehouse/delta/tables.py", "if number != before.get(day)", "if False", (_DELTA,)),
    Mutant("a writer never tries again", "warehouse/delta/tables.py", "for _ in range(_ATTEMPTS)", "for _ in range(1)", (_DELTA,)),
    Mutant("a commit is read twice", "warehouse/delta/tables.py", "read + 1, version", "read, version", (_DELTA,)),
    Mutant("a commit is read that comes after the version", "warehouse/delta/said.py", "range(first, last + 1)", "range(first, last + 2)", (_DELTA,)),
    Mutant("a commit forgets what holds until later", "warehouse/delta/said.py", "HISTORY: json.dumps(history)", "HISTORY: json.dumps([])", ("test_laws.py",)),
    Mutant("who reads disturbs who writes", "warehouse/delta/tables.py", "return DeltaTables(self._location).session()", "return self.session()", (_DELTA,)),
    Mutant("rejects under way are removed", "warehouse/delta/tables.py", 'left = f"publication < ', 'left = f"true or publication < ', (_UPKEEP,)),
    Mutant(
        "rejects of a day stay that was replaced without the others",
        "warehouse/delta/tables.py",
        "anti join quality.batches using (asset, {DAY}, publication)",
        "anti join quality.batches using (asset, publication)",
        (_UPKEEP,),
    ),
    Mutant("max() of one file's day breaks DuckDB", "warehouse/delta/session.py", 'disabled_optimizers="statistics_propagation"', "", (_DELTA,)),
    Mutant(
        "a store that was removed is remembered",
        "warehouse/delta/tables.py",
        "        self._tables = {}  # Whoever",
        "        # Whoever",
        ("warehouse/test_owner.py",),
    ),
    Mutant(
        "a table that was removed with its ledger is not missed",
        "warehouse/verify.py",
        "for difference in _removed(con):",
        "for difference in ():",
        ("warehouse/test_verify.py",),
    ),
    Mutant("a trace ends where a table was removed", "warehouse/trace.py", "for asset in found.gone:", "for asset in ():", ("warehouse/test_trace.py",)),
    Mutant("replaced rows stay in files", "warehouse/delta/forgetting.py", "if file.path not in in_force and (", "if False and (", (_FORGETTING,)),
    Mutant("files in force go", "warehouse/delta/forgetting.py", "file.path not in in_force and ", "", (_FORGETTING,)),
    Mutant("an erasure takes files under way", "warehouse/delta/forgetting.py", "(file.path in named or file.mtime < old)", "True", (_FORGETTING,)),
    Mutant("what no commit ever named stays", "warehouse/delta/forgetting.py", " or file.mtime < old)", ")", (_FORGETTING,)),
    Mutant("the log quotes who is erased", "warehouse/delta/forgetting.py", 'if name == "numRecords"', "", (_FORGETTING,)),
    Mutant("a checkpoint quotes who is erased", "warehouse/delta/forgetting.py", "    for file in quote_values:\n", "    for file in ():\n", (_FORGETTING,)),
    Mutant(
        "delta-rs quotes rows",
        "warehouse/delta/tables.py",
        '"delta.dataSkippingNumIndexedCols": "0"',
        '"delta.dataSkippingNumIndexedCols": "9"',
        (_FORGETTING,),
    ),
    Mutant("what is about nobody is forgotten", "warehouse/delta/tables.py", "self._tables.keys() - {*spared}", "self._tables", (_FORGETTING,)),
    Mutant("objects are not searched", "warehouse/delta/objects.py", "        if found.is_file:\n", "        if False:\n", ("warehouse/delta/test_s3.py",)),
    Mutant("files go that something was made from", "warehouse/delta/upkeep.py", "if publication in needed", "if False", (_UPKEEP,)),
    Mutant("files under way go", "warehouse/delta/upkeep.py", "max(HOURS_UNDER_WAY, ", "max(0, ", (_UPKEEP,)),
    Mutant("what killed writers left stays", "warehouse/delta/upkeep.py", "full=True", "full=False", (_UPKEEP,)),
    # Sentiment.
    Mutant(
        "words and stars of later reviews are learnt from",
        "models/sentiment_model.py",
        "trained_on - TRAINING_DAYS * _DAY, trained_on)",
        "trained_on - TRAINING_DAYS * _DAY, trained_on + 6 * _DAY)",
        (_SENTIMENT,),
    ),
    Mutant(
        "a sentiment model's version has later reviews",
        "models/sentiment_model.py",
        "<= batch.day <= trained_on]",
        "<= batch.day <= trained_on + 6 * _DAY]",
        (_SENTIMENT,),
    ),
    Mutant(
        "the backtest by time learns from later stars",
        "models/_sentiment/race.py",
        "before, after = reviews.until(origin),",
        "before, after = reviews,",
        (_RACE,),
    ),
    Mutant("methods are judged on what they learnt from", "models/_sentiment/race.py", "examples.fit(~held_out, ", "examples.fit(held_out | True, ", (_RACE,)),
    Mutant(
        "probabilities are calibrated on what was learnt from",
        "models/_sentiment/race.py",
        "slope, offset = calibration(scores, reviews.positive)\n    linear",
        "slope, offset = calibration(Scorer(examples.fit(fold >= 0, reviews.positive)).score(reviews.words).log_odds, reviews.positive)\n    linear",
        (_RACE,),
    ),
    Mutant(
        "a review is known before it is written",
        "marts/reviews.py",
        '(_.reviewed_on > _.batch_date, "reviewed_at',
        '(_.reviewed_on.isnull(), "reviewed_at',
        (_REVIEWS,),
    ),
    Mutant("a text is a repeat of a later one", "features/review_words.py", "_.batch_date.lag()", "_.batch_date.lead()", (_WORDS,)),
    Mutant("a repeat teaches twice", "models/_sentiment/known.py", " & ~_.is_repeat)", ")", (_SENTIMENT,)),
    Mutant(
        "four weeks have later reviews",
        "predictions/product_sentiment.py",
        ", judged.arrived_on <= days.batch_date]",
        "]",
        ("predictions/test_product_sentiment.py",),
    ),
    Mutant(
        "this week has later reviews",
        "predictions/sentiment_changes.py",
        ", judged.arrived_on <= days.batch_date]",
        "]",
        ("predictions/test_sentiment_changes.py",),
    ),
    Mutant(
        "a review that cannot be read is judged",
        "predictions/review_sentiment.py",
        "~is_short & ~is_foreign",
        "~is_short",
        ("predictions/test_review_sentiment.py",),
    ),
    Mutant(
        "an address stays in a review",
        "expressions/prose.py",
        "    for mask, pattern in MASKS.items():",
        "    for mask, pattern in []:",
        ("expressions/test_prose.py",),
    ),
    # Erasure.
    Mutant("half of what identifies a person is enough", "ingest/erasures.py", " if all(told) else None", "", (_ERASURES,)),
    Mutant("a name behind a comma is another", "ingest/erasures.py", 'f"{first} {last}"', "plain", (_ERASURES,)),
    Mutant(
        "grouped digits are other digits",
        "ingest/erasures.py",
        '"".join(word for word in words if word.isdigit())',
        '"-".join(word for word in words if word.isdigit())',
        (_ERASURES,),
    ),
    Mutant("what was not there is emptied, too", "ingest/erasures.py", "pc.and_(gone, pc.is_valid(column))", "gone", (_ERASURES,)),
    Mutant(
        "a line that is no row is kept",
        "ingest/erasures.py",
        " if self._are_any and self.is_erased_line(refused.raw) else refused",
        " if False else refused",
        (_ERASURES,),
    ),
    Mutant("a record is read before it is whole", "ingest/erasures.py", 'f"[!.]*/{RECORD}"', 'f".*/{RECORD}"', (_ERASURES,)),
    Mutant("another secret is not noticed", "ingest/erasures.py", "if secret != secret_mark():", "if False:", (_ERASURES,)),
    Mutant("a day's version forgets the erasures before the last", "ingest/lakefile.py", ", *erased])", "])", (_ERASURES,)),
    Mutant(
        "a field that is not there may identify",
        "ingest/lakefile.py",
        "if unknown := sorted({name for fields in self.identified_by for name in fields} - set(self.columns)):",
        "if False:",
        (_ERASURES,),
    ),
    Mutant("a byte order mark goes with a row", "ingest/formats/lines.py", 'return mark + b"\\n".join(lines)', 'return b"\\n".join(lines)', (_EMPTIED,)),
    Mutant("a carriage return goes with a row", "ingest/formats/lines.py", "else self.stand_in.encode()) + end", "else self.stand_in.encode())", (_EMPTIED,)),
    Mutant("a record is taken for an earlier one alike", "ingest/formats/json_document.py", "            at += len(element)\n", "", (_EMPTIED,)),
    Mutant(
        "numbers are rewritten",
        "ingest/formats/json_objects.py",
        "parse_int=_Number, parse_float=_Number, object_pairs_hook=list",
        "object_pairs_hook=list",
        (_EMPTIED,),
    ),
    Mutant("what stands behind a record goes with it", "ingest/formats/xml.py", "                other.tail = record.tail\n", "", (_EMPTIED,)),
    Mutant("a comment keeps a name", "ingest/formats/xml.py", "        del element[:]\n", "", (_EMPTIED,)),
    Mutant(
        "a file is rewritten whatever becomes of it",
        "warehouse/erasure/rewrite.py",
        "if _as_read(source, emptied, *_read(source, beside, written, day)) != _as_read(source, emptied, rows, refused):",
        "if False:",
        (_REWRITE,),
    ),
    Mutant("a file is rewritten each time", "warehouse/erasure/rewrite.py", "    if not gone and not lines:\n        return False\n", "", (_REWRITE,)),
    Mutant(
        "another customer's number is written down",
        "warehouse/erasure/find.py",
        "keys.keys() - _shared(con, table, source, whose.filter(_.customer_id != customer), mine, set(keys))",
        "keys.keys()",
        (_FIND,),
    ),
    Mutant("an initial is a name", "warehouse/erasure/find.py", "_is_initial(each[0]) or ", "", (_FIND,)),
    Mutant(
        "a household's address is one person's",
        "warehouse/erasure/find.py",
        'if what != "postcode" and not _has(others, **{what: value}):',
        'if what != "postcode":',
        (_FIND,),
    ),
    Mutant(
        "a namesake's phone tells them apart",
        "warehouse/erasure/find.py",
        "if is_shared[each] and not _has(others, given_name=each[0], family_name=each[1], **{what: value})",
        "if is_shared[each]",
        (_FIND,),
    ),
    Mutant("an address names a person", "warehouse/erasure/person.py", " if form.what in _OWN", "", (_PERSON,)),
    Mutant("accents hide a name", "warehouse/erasure/person.py", '_ACCENTS.sub("", ', "(", (_PERSON,)),
    Mutant("a name between two parts of a file is not seen", "warehouse/erasure/scan.py", "end = text[-_OVERLAP:]", 'end = b""', (_SCAN,)),
    Mutant(
        "only the first part of a packed file is searched",
        "warehouse/erasure/scan.py",
        "some, unpacking = unpacking.unused_data, _new() if unpacking.unused_data else unpacking",
        'some = b""',
        (_SCAN,),
    ),
    Mutant(
        "a Parquet file is searched by its bytes alone",
        "warehouse/erasure/scan.py",
        " or (_is_parquet(file) and _is_in_parquet(reader_of(each), each, person))",
        "",
        (_SCAN,),
    ),
    Mutant("nested texts are not searched", "warehouse/erasure/scan.py", 'if "VARCHAR" in kind', 'if kind == "VARCHAR"', (_SCAN,)),
    Mutant("whoever is known goes, too", "warehouse/erasure/forget.py", "sorted({*values} - {*now.get(column, ())})", "sorted({*values})", (_FORGET,)),
    Mutant(
        "a batch does not say that rows were taken out",
        "warehouse/erasure/forget.py",
        "{**json.loads(inputs), ERASURE: name}",
        "json.loads(inputs)",
        (_FORGET,),
    ),
    Mutant("a compacted file is anybody's", "warehouse/compact.py", "        written.chmod(path.stat().st_mode)\n", "", ("warehouse/test_compact.py",)),
    Mutant("the file is not written anew", "warehouse/compact.py", "        put(written, path)\n", "", ("warehouse/test_compact.py",)),
    Mutant("a snapshot has what is private", "warehouse/snapshot.py", 'columns = f"* exclude ({private})" if private else "*"', 'columns = "*"', (_SNAPSHOT,)),
    Mutant("a snapshot has raw lines", "warehouse/snapshot.py", '"* exclude (raw)"', '"*"', (_SNAPSHOT,)),
    Mutant(
        "a snapshot takes the log of the one before for its own",
        "warehouse/snapshot.py",
        "    log_of(path).unlink(missing_ok=True)",
        "    log_of(path)",
        (_SNAPSHOT,),
    ),
    Mutant("a snapshot is written in its place", "warehouse/snapshot.py", "written = unfinished(path)", "written = path", (_SNAPSHOT,)),
    Mutant("anybody may change a snapshot", "warehouse/snapshot.py", "    written.chmod(_READ_ONLY)\n", "", (_SNAPSHOT,)),
    Mutant("a snapshot keeps who is erased", "orchestration/erase.py", "if renewed := renew_snapshot(warehouse, tables):", "if renewed := None:", (_ERASE,)),
    Mutant("a file of ours may name who is erased", "orchestration/erase.py", "    if found:\n", "    if False:\n", (_ERASE,)),
    Mutant("a reason may name who is erased", "orchestration/erase.py", 'if asked.found.person.is_in(f"{by} {reason}"):', "if False:", (_ERASE,)),
    Mutant("somebody is erased from what is out of date", "orchestration/erase.py", "        if behind:\n", "        if False:\n", (_ERASE,)),
    Mutant("files of others are rewritten", "orchestration/erase.py", "if table.source and not table.source.owner}", "if table.source}", (_ERASE,)),
    Mutant("a plan does not say that a customer was erased", "warehouse/causes.py", "        if not changed:\n", "        if False:\n", (_ERASE,)),
    Mutant("nothing says that a batch was redacted", "warehouse/trace.py", "    yield from _redacted([of, *found.made_from])\n", "", (_ERASE,)),
    Mutant("all of a receipt is each customer's", "warehouse/erasure/whose.py", "(_.customers == 1) | ", "(_.customers >= 1) | ", (_FIND,)),
    Mutant("a coupon without a number is nobody's", "warehouse/erasure/whose.py", '.union(by_name.select(*_PLACE, "customer_id"))', "", (_ERASE,)),
    Mutant("a rejected line is not searched", "warehouse/erasure/find.py", "    for row in _quarantined(con, table):\n", "    for row in ():\n", (_ERASE,)),
    Mutant("the file keeps what was deleted", "orchestration/erase.py", "sizes := compact(warehouse)", "sizes := (0, 0)", (_ERASE,)),
    Mutant(
        "Delta tables keep what was replaced",
        "orchestration/erase.py",
        "removed = warehouse.store.forget_replaced(con.con, about_nobody)",
        "removed = {}",
        (_ERASE,),
    ),
    Mutant("a certificate is there twice", "warehouse/record.py", '_ANEW = {"erasures": "erasure"}', "_ANEW: dict[str, str] = {}", (_ERASE,)),
    Mutant("who was read before an erasure is published after it", "warehouse/publication.py", "    check_last()\n", "", ("warehouse/test_publication.py",)),
    Mutant("what a person is known by stays", "warehouse/erasure/record.py", "        self.sought.unlink()\n", "", (_ERASE,)),
)


def main(words: Sequence[str]) -> int:
    """Try the breakages whose name has one of some words, or all; return how many of them no test sees."""
    chosen = [mutant for mutant in MUTANTS if not words or any(word in mutant.name for word in words)]
    survivors = []
    with tempfile.TemporaryDirectory() as folder:
        copy(Path(folder))
        for mutant in chosen:
            is_seen = seen(mutant, Path(folder))
            survivors += [] if is_seen else [mutant]
            print(f"{'seen    ' if is_seen else 'NOT SEEN'}  {mutant.name}", flush=True)
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} breakages are seen")
    return len(survivors)


def copy(folder: Path) -> None:
    """Copy what the tests need."""
    for name in _COPIED:
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(path, folder / name)


def seen(mutant: Mutant, root: Path) -> bool:
    """Break a line in a copy of the tree, run its tests, mend the line; return whether a test failed."""
    path = root / "batch_assets" / mutant.file
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace(mutant.old, mutant.new), encoding="utf-8")
    tests = [str(root / "batch_assets_tests" / test) for test in mutant.tests]
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests],
            cwd=root,
            env=_environment(root),
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        path.write_text(whole, encoding="utf-8")
    if ended.returncode not in (0, _FAILED):
        raise RuntimeError(f"{mutant.name}: the tests could not be run:\n{ended.stdout}{ended.stderr}")
    return ended.returncode == _FAILED


def _environment(root: Path) -> dict[str, str]:
    """Return an environment in which the copy is imported, and no bytecode outlives a broken line."""
    return {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
