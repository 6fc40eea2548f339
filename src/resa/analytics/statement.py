"""One SELECT over the analysts' views, and nothing else: checked by its syntax tree before the engine sees it.

What is run is generated from the tree that was checked, so that no difference between two parsers can be used.
The engine itself has no files, no network and locked settings (`kernel.body.duck`); this is the second wall.
"""

from __future__ import annotations

from typing import Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from resa.kernel.errors import Refused

VIEWS: Final = frozenset({"events", "profiles", "journeys"})
LONGEST: Final = 20_000
DEEPEST: Final = 120

_STATEMENTS: Final = (exp.Select, exp.SetOperation, exp.Subquery)

_FORBIDDEN: Final = (
    *(exp.Command, exp.DDL, exp.DML, exp.Into, exp.Lock, exp.Pragma),
    *(exp.ReadCSV, exp.ReadParquet, exp.Parameter, exp.Placeholder),
    *(
        exp.CurrentUser,
        exp.SessionUser,
        exp.CurrentDatabase,
        exp.CurrentSchema,
        exp.CurrentSchemas,
        exp.CurrentCatalog,
        exp.Version,
    ),
)

_TABLE_FUNCTIONS: Final = (exp.Unnest, exp.GenerateSeries, exp.Explode)

FUNCTIONS: Final = frozenset(
    """
    add date_part days_in_month fmod gcd get_current_timestamp hash isfinite json_merge_patch json_pretty lcm
    list_apply list_histogram list_intersect list_reverse list_stddev_pop list_stddev_samp make_timestamptz map_contains mean now
    octet_length ord reservoir_quantile row_to_json struct_keys struct_values suffix to_json to_quarters
    transaction_timestamp wavg weighted_avg
    age approx_quantile arg_max_null arg_min_null array_aggr array_contains array_distinct array_has array_intersect
    array_length array_position array_slice array_sort array_to_string bar bit_count bool_and bool_or cbrt century
    contains corr covar_pop covar_samp dayname dayofmonth dayofweek dayofyear datesub date_sub datepart decade ends_with
    entropy epoch_ms epoch_ns epoch_us era even favg first format fsum geomean geometric_mean greatest_common_divisor
    hamming histogram histogram_values hour is_histogram_other_bin isinf isnan isodow isoyear jaccard
    jaro_similarity jaro_winkler_similarity json json_array json_array_length json_contains json_each json_exists
    json_extract_path json_extract_path_text json_group_array json_group_object json_keys json_object json_structure
    json_type json_valid json_value julian kahan_sum kurtosis kurtosis_pop last last_day least_common_multiple
    len levenshtein list_aggregate list_aggr list_any_value list_append list_avg list_concat list_contains list_count
    list_distinct list_extract list_filter list_first list_has list_has_all list_has_any list_indexof list_last
    list_max list_median list_min list_position list_prepend list_reduce list_reverse_sort list_slice list_sort
    list_sum list_transform list_unique list_value list_zip mad make_date make_time make_timestamp make_timestamp_ms
    map map_entries map_extract map_from_entries map_keys map_values max_by microsecond millennium millisecond min_by minute mode
    month monthname nfc_normalize nextafter ordinality position prefix printf product quantile_cont quantile_disc quarter
    regexp_escape regexp_extract_all regexp_full_match regexp_matches regexp_split_to_array regr_avgx
    regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy round_even second sem skewness
    split_part starts_with strip_accents strlen strpos struct_extract struct_pack sumkahan time_bucket
    timezone to_days to_hours to_milliseconds to_minutes to_months to_seconds to_weeks to_years today trim_array
    trunc try_strptime typeof unicode url_decode url_encode week weekday weekofyear xor year yearweek
    """.split()
)
"""Functions beyond those SQL itself has that a question may call: all of them compute, none reads or writes anything."""


def checked(sql: str) -> str:
    """The statement to run for `sql`. Raises Refused for anything but one SELECT over the views."""
    if not sql.strip():
        raise Refused("sql", sql, "is empty.", "Try: SELECT name, count(*) FROM events GROUP BY ALL")
    if not sql.isprintable() and any(0xD800 <= ord(letter) <= 0xDFFF or letter == "\0" for letter in sql):
        raise Refused("sql", ascii(sql), "holds a character that is none.", "Remove NUL and lone surrogates.")
    if len(sql) > LONGEST or sql.count("(") > 2_000:
        raise Refused("sql", len(sql), f"at most {LONGEST} characters.", "Ask in several steps.")
    tree = _parse(sql)
    known = VIEWS | {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
    for node in tree.walk():
        _check(node, known)
    return tree.sql(dialect="duckdb", comments=False)


def _parse(sql: str) -> exp.Expr:
    try:
        trees = [tree for tree in sqlglot.parse(sql, dialect="duckdb") if tree is not None]
    except (SqlglotError, RecursionError) as error:
        raise Refused("sql", sql, "can't be read.", _first_line(error), code="sql_syntax") from None
    if len(trees) != 1:
        raise Refused("sql", sql, "one statement at a time.", "Remove what follows the first semicolon.")
    if not isinstance(trees[0], _STATEMENTS):
        raise Refused(
            "sql",
            sql,
            "only a SELECT can be asked here.",
            "Data are changed through the doors and the API, never by SQL.",
        )
    return trees[0]


def _first_line(error: BaseException) -> str:
    text = str(error).splitlines()
    return (text[0] if text else "Check the brackets and commas.").replace("\x1b[4m", "").replace("\x1b[0m", "")


def _check(node: exp.Expr, known: frozenset[str]) -> None:
    if isinstance(node, _FORBIDDEN):
        raise Refused(
            "sql",
            node.sql(dialect="duckdb"),
            "is not allowed in a question.",
            "Ask one SELECT over events, profiles, journeys.",
        )
    if isinstance(node, exp.Table):
        _check_table(node, known)
    elif isinstance(node, exp.Anonymous) and node.name.lower() not in FUNCTIONS:
        raise Refused(
            "sql",
            node.name,
            "is no function a question may call.",
            "See the list of functions in docs/sql.md.",
            code="sql_function",
        )


def _check_table(table: exp.Table, known: frozenset[str]) -> None:
    if isinstance(table.this, _TABLE_FUNCTIONS):
        return
    simple = isinstance(table.this, exp.Identifier) and not table.db and not table.catalog
    if not simple or table.name.lower() not in known:
        raise Refused(
            "sql", table.sql(dialect="duckdb"), "is no view.", f"There are {', '.join(sorted(VIEWS))}.", code="sql_view"
        )
