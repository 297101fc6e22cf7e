package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// hideAddress gives what the database or the network said, without the
// address, which may hold a password.
func hideAddress(err error) error {
	var refused *pgconn.ConnectError
	if !errors.As(err, &refused) {
		return err
	}
	// What the database itself says tells more than the ways that were tried,
	// of which each has a line.
	var said *pgconn.PgError
	if errors.As(err, &said) {
		return fmt.Errorf("connecting: the database refuses: %s (SQLSTATE %s)", said.Message, said.Code)
	}
	if cause := refused.Unwrap(); cause != nil {
		text, _, _ := strings.Cut(cause.Error(), "\n")
		return errors.New("connecting: " + text)
	}
	return errors.New("connecting failed")
}

// again reports whether a step may simply be run once more: the database says
// that it did not happen because of another one.
func again(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && (e.Code == "40001" || e.Code == "40P01") // serialization_failure, deadlock_detected
}

// broken reports whether the connection broke while the database may well be
// there, over another one. What has taken its time is not tried again.
func broken(err error) bool {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return strings.HasPrefix(e.Code, "08") || strings.HasPrefix(e.Code, "57P") // connections; sessions that were ended
	}
	return lost(err) && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, sql.ErrTxDone) && !pgconn.Timeout(err)
}

// asPostgresError names the errors that callers ask for.
func asPostgresError(err error) error {
	var (
		e       *pgconn.PgError
		refused *pgconn.ConnectError
	)
	// One that lets nobody in is not there either: after a failover, say, or
	// while its password is changed.
	if !errors.As(err, &e) || errors.As(err, &refused) {
		if lost(err) {
			err = fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		return err
	}
	switch e.Code {
	case "23505": // unique_violation
		return ErrExists
	case "23503", "22021": // foreign_key_violation; a text with a zero byte, which no row can hold
		return ErrNotFound
	case "40001", "40P01", "25006": // lost to other steps again and again; read_only_sql_transaction: the one that answers is a replica
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	switch e.Code[:2] {
	case "08", "53", "57", "58": // connections, resources, an operator or a shutdown, the system
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// lost reports whether err says that the database was not reached, or did not
// answer in time.
func lost(err error) bool {
	var (
		connecting *pgconn.ConnectError
		network    net.Error
	)
	return errors.As(err, &connecting) || errors.As(err, &network) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || pgconn.Timeout(err) ||
		errors.Is(err, sql.ErrTxDone) // its time ran out
}
