package bus

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Channel is PostgreSQL's name for what the nodes tell each other. A message is
// the id of the node that sent it, a space, and a topic.
const Channel = "ham_wake"

const (
	// maxOutgoing bounds the wake-ups that wait to be sent. One that finds no
	// place is lost, like one that comes while a node's connection is broken.
	maxOutgoing = 4096

	// maxTopics bounds how many go in one statement: every notification takes a
	// lock of the whole database for a moment.
	maxTopics = 256
)

// Postgres carries wake-ups between the nodes that share a database, by LISTEN
// and NOTIFY.
type Postgres struct {
	address  string
	local    *Local
	log      *slog.Logger
	notify   func(ctx context.Context, messages []string) error
	node     string // marks what this node sent: it has woken its own already
	outgoing chan string
}

// NewPostgres joins local to its like on the other nodes, once Run runs.
// address is the database's; notify sends messages on Channel there.
func NewPostgres(address string, local *Local, log *slog.Logger, notify func(ctx context.Context, messages []string) error) *Postgres {
	p := &Postgres{address: address, local: local, log: log, notify: notify, node: rand.Text(), outgoing: make(chan string, maxOutgoing)}
	local.forward = func(topic string) {
		select {
		case p.outgoing <- topic:
		default:
		}
	}
	return p
}

// Run carries wake-ups until ctx ends.
func (p *Postgres) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { p.send(ctx) })
	running.Go(func() { p.listen(ctx) })
	running.Wait()
}

// send passes on what happens on this node.
func (p *Postgres) send(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case first := <-p.outgoing:
			if err := p.notify(ctx, p.messages(first)); err != nil && ctx.Err() == nil {
				p.log.Warn("other nodes could not be woken", "error", err)
			}
		}
	}
}

// messages gives the wake-ups that wait, each once.
func (p *Postgres) messages(first string) []string {
	seen := map[string]bool{first: true}
	all := []string{p.node + " " + first}
	for len(all) < maxTopics {
		select {
		case topic := <-p.outgoing:
			if !seen[topic] {
				seen[topic] = true
				all = append(all, p.node+" "+topic)
			}
		default:
			return all
		}
	}
	return all
}

// listen wakes who waits on this node for what happens on others. A connection
// that breaks is made anew.
func (p *Postgres) listen(ctx context.Context) {
	const least, most = 100 * time.Millisecond, 5 * time.Second
	for pause := least; ; pause = min(most, 2*pause) {
		begun := time.Now()
		err := p.receive(ctx)
		if ctx.Err() != nil {
			return
		}
		p.log.Warn("the connection by which other nodes wake this one broke", "error", err)
		if time.Since(begun) > most {
			pause = least
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause/2 + mathrand.N(pause)): //nolint:gosec // it only spreads
		}
	}
}

func (p *Postgres) receive(ctx context.Context) error {
	connection, err := pgx.Connect(ctx, p.address)
	if err != nil {
		return connectError(err)
	}
	defer connection.Close(context.WithoutCancel(ctx))
	if _, err := connection.Exec(ctx, "LISTEN "+Channel); err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	p.local.WakeAll() // what was missed until now is not known
	for {
		message, err := p.next(ctx, connection)
		if err != nil {
			return err
		}
		if node, topic, ok := strings.Cut(message, " "); ok && node != p.node {
			p.local.wake(topic)
		}
	}
}

// next waits for a message. Now and then it asks whether the other end is still
// there: a connection that a middle box has forgotten looks like one on which
// nothing happens.
func (p *Postgres) next(ctx context.Context, connection *pgx.Conn) (string, error) {
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
