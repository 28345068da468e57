-- How long before its poll CoinCap last heard of an exchange, in seconds.
select
    exchange_id as subject,
    extract(epoch from %(as_of)s - updated) as value,
    extract(epoch from %(as_of)s - updated) as lingering,
    format(
        '%%s was last updated at %%s UTC, %%s min ago; its 24 h volume was %%s million USD',
        name, to_char(updated at time zone 'UTC', 'YYYY-MM-DD HH24:MI'),
        round(extract(epoch from %(as_of)s - updated) / 60), round(volume_usd / 1000000, 1)
    ) as message
from market.exchanges
where volume_usd >= %(least_volume_usd)s
    and updated < %(as_of)s - make_interval(secs => %(close_below)s)
    and updated > %(as_of)s - make_interval(hours => %(forget_h)s)
