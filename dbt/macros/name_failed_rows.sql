{#- After a run: of every test that failed, the first rows that it found, so that the log says which
    key and which day is wrong and not only how many are. -#}
{% macro name_failed_rows(results) -%}
    {%- if execute -%}
    {%- for result in results if result.status == 'fail' and result.node.compiled_code -%}
        {%- set rows = run_query(result.node.compiled_code ~ '\nlimit 3') -%}
        {%- for row in rows.rows -%}
            {%- set said = [] -%}
            {%- for name in rows.column_names -%}
                {%- do said.append(name ~ '=' ~ row[name]) -%}
            {%- endfor -%}
            {%- do log(result.node.name ~ ' failed at ' ~ said | join(', '), info=true) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
