-- Whoever migrates runs the stream too (on Google Cloud one account does both), so its login must
-- be able to become market_writer: since PostgreSQL 16 a role's creator alone cannot.

grant market_writer to current_user;
