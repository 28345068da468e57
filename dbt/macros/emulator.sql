{#- What the BigQuery emulator lacks, each with what is done instead. Nothing else in this
    project knows of it.

    CREATE TABLE (columns) AS SELECT is a syntax error there. Names and types of a contract are
    compared before, on both targets; the column list, which adds NOT NULL, goes to BigQuery
    alone.

    DIV(a, b * c) loses its brackets there and comes to (a / b) * c: models divide by a column,
    as explain_figures does.

    A NULL that is cast to a decimal takes digits from the whole column of a union there (in a
    view, whatever its precision): models leave it untyped.

    A quotient of sums of integers is NUMERIC there, with nine digits: models divide by a FLOAT64. -#}
{% macro bigquery__get_table_columns_and_constraints() -%}
    {%- if target.name != 'emulator' -%}
    {{ table_columns_and_constraints() }}
    {%- endif -%}
{%- endmacro %}
