package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// channel is PostgreSQL's name for what the nodes tell each other.
const channel = "ham_wake"

// Postgres carries messages by LISTEN and NOTIFY: one connection of a node
// listens and another one, which lives as long as it works, notifies.
type Postgres struct {
	address string

	mu      sync.Mutex // guards sending
	sending *pgx.Conn  // nil until it is needed, and after it broke
}

// NewPostgres carries over the database at address. A pooler that gives a
// connection to others between statements cannot stand between.
func NewPostgres(address string) *Postgres { return &Postgres{address: address} }

// sendWithin is how long a message may take; a hint that is later is none.
const sendWithin = 2 * time.Second

// Send is as Carrier wants it.
func (p *Postgres) Send(ctx context.Context, messages []string) error {
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sending == nil {
		connection, err := p.connect(ctx)
		if err != nil {
			return err
		}
		p.sending = connection
	}
	text, err := json.Marshal(messages)
	if err != nil {
		return err
	}
	_, err = p.sending.Exec(ctx, `SELECT pg_notify($1, message) FROM json_array_elements_text($2::json) AS message`, channel, string(text))
	if err != nil {
		p.drop()
		return fmt.Errorf("notifying: %w", err)
	}
	return nil
}

// Receive is as Carrier wants it.
func (p *Postgres) Receive(ctx context.Context, ready func(), got func(string)) error {
	connection, err := p.connect(ctx)
	if err != nil {
		return err
	}
	defer connection.Close(context.WithoutCancel(ctx))
	defer p.hangUp()
	if _, err := connection.Exec(ctx, "LISTEN "+channel); err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	ready()
	for {
		message, err := next(ctx, connection)
		if err != nil {
			return err
		}
		got(message)
	}
}

// hangUp ends the connection on which Send has sent.
func (p *Postgres) hangUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop()
}

func (p *Postgres) drop() {
	if p.sending == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = p.sending.Close(ctx) // it is of no use any more
	p.sending = nil
}

func (p *Postgres) connect(ctx context.Context) (*pgx.Conn, error) {
	connection, err := pgx.Connect(ctx, p.address)
	if err != nil {
		return nil, connectError(err)
	}
	return connection, nil
}

// next waits for a message. Now and then it asks whether the other end is still
// there: a connection that a middle box has forgotten looks like one on which
// nothing happens.
func next(ctx context.Context, connection *pgx.Conn) (string, error) {
	const patience = 20 * time.Second
	for {
		within, cancel := context.WithTimeout(ctx, patience)
		note, err := connection.WaitForNotification(within)
		cancel()
		var timeout net.Error
		switch {
		case err == nil:
			return note.Payload, nil
		case ctx.Err() != nil:
			return "", ctx.Err()
		case !errors.As(err, &timeout) && !pgconn.Timeout(err) || connection.IsClosed():
			return "", fmt.Errorf("waiting: %w", err)
		}
		within, cancel = context.WithTimeout(ctx, patience)
		err = connection.Ping(within)
		cancel()
		if err != nil {
			return "", fmt.Errorf("asking whether it is there: %w", err)
		}
	}
}

// connectError leaves out the address, which may hold a password.
func connectError(err error) error {
	var refused *pgconn.ConnectError
	if errors.As(err, &refused) {
		if cause := refused.Unwrap(); cause != nil {
			return fmt.Errorf("connecting: %w", cause)
		}
	}
	return errors.New("connecting failed")
}
