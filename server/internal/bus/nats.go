package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// subject is NATS's name for what the nodes tell each other.
const subject = "ham.wake"

// NATS carries messages over a NATS server or cluster, one connection a node.
type NATS struct {
	address string

	mu         sync.Mutex // guards connection
	connection *nats.Conn // nil while there is none
}

// NewNATS carries over the servers at address: nats://host:4222, several
// separated by commas, or tls://….
func NewNATS(address string) *NATS { return &NATS{address: address} }

var errNoNATS = errors.New("bus: not connected to NATS")

// Send is as Carrier wants it. It does not wait for the server.
func (n *NATS) Send(_ context.Context, messages []string) error {
	n.mu.Lock()
	connection := n.connection
	n.mu.Unlock()
	if connection == nil {
		return errNoNATS
	}
	for _, m := range messages {
		if err := connection.Publish(subject, []byte(m)); err != nil {
			return fmt.Errorf("publishing: %w", err)
		}
	}
	return nil
}

// Receive is as Carrier wants it.
func (n *NATS) Receive(ctx context.Context, ready func(), got func(string)) error {
	ended := make(chan error, 1)
	end := func(err error) {
		select {
		case ended <- err:
		default:
		}
	}
	connection, err := nats.Connect(n.address,
		nats.Name("ham"), nats.NoEcho(), nats.NoReconnect(), // whoever calls comes again
		nats.Timeout(5*time.Second), nats.PingInterval(5*time.Second), nats.MaxPingsOutstanding(2), nats.FlusherTimeout(5*time.Second),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { end(err) }),
		nats.ClosedHandler(func(c *nats.Conn) { end(c.LastError()) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			if errors.Is(err, nats.ErrSlowConsumer) { // messages were dropped
				ready()
				return
			}
			end(err) // say, not allowed to subscribe
		}))
	if err != nil {
		return fmt.Errorf("connecting to NATS: %w", err)
	}
	defer connection.Close()
	if _, err := connection.Subscribe(subject, func(m *nats.Msg) { got(string(m.Data)) }); err != nil {
		return fmt.Errorf("subscribing: %w", err)
	}
	if err := connection.FlushTimeout(5 * time.Second); err != nil {
		return fmt.Errorf("subscribing: %w", err)
	}
	n.set(connection)
	defer n.set(nil)
	ready()
	select {
	case err := <-ended:
		if err == nil {
			err = nats.ErrConnectionClosed
		}
		return fmt.Errorf("listening to NATS: %w", err)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (n *NATS) set(connection *nats.Conn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.connection = connection
}
