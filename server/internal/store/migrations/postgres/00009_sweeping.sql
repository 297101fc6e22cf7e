-- +goose Up
CREATE INDEX authorizations_updated ON authorizations (updated_at);

-- +goose Down
DROP INDEX authorizations_updated;
