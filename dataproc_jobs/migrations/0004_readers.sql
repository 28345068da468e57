-- What the dashboards and analysts may do: read everything of the schema, write nothing.

grant usage on schema market to market_reader;
grant select on all tables in schema market to market_reader;
alter default privileges in schema market grant select on tables to market_reader;
