-- What the stream job and the batch may do where another role owns the schema: write rows and
-- make partitions and staging tables, but change no table and no record of the migrations.

grant usage on schema market to market_writer;
grant select, insert, update, delete on all tables in schema market to market_writer;
alter default privileges in schema market
grant select, insert, update, delete on tables to market_writer;
revoke insert, update, delete on market.migrations from market_writer;

grant usage, create on schema staging to market_writer;
grant select, insert, update, delete on all tables in schema staging to market_writer;
alter default privileges in schema staging
grant select, insert, update, delete on tables to market_writer;

-- They run as their owner, and PostgreSQL lets everybody call a new function.
revoke execute on function market.ensure_partition(text, date) from public;
revoke execute on function market.drop_partitions_before(text, timestamptz) from public;
grant execute on function market.ensure_partition(text, date) to market_writer;
grant execute on function market.drop_partitions_before(text, timestamptz) to market_writer;
