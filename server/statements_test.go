package server_test

import (
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
)

// statement is one that a server has sent to PostgreSQL, with the arguments of
// the first time, as they were on the way.
type statement struct {
	text    string
	args    [][]byte
	formats []int16
}

// statements are those that a server sends.
type statements struct {
	mu  sync.Mutex // guards all
	all map[string]statement
}

// listenIn stands between servers and the database at address, a URL, and notes
// what passes. The URL that is given back leads there.
func listenIn(tb testing.TB, address string) (*statements, string) {
	tb.Helper()
	u, err := url.Parse(address)
	if err != nil {
		tb.Fatal("the database's address cannot be read")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { listener.Close() })
	s, to := &statements{all: map[string]statement{}}, u.Host
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go s.carry(near, to)
		}
	}()
	u.Host = listener.Addr().String()
	return s, u.String()
}

func (s *statements) carry(near net.Conn, to string) {
	defer near.Close()
	far, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	go func() {
		defer far.Close()
		s.note(io.TeeReader(near, far))
	}()
	io.Copy(near, far)
}

// note reads what a client says, and so has it passed on.
func (s *statements) note(client io.Reader) {
	defer io.Copy(io.Discard, client) // what cannot be read passes all the same
	backend, texts := pgproto3.NewBackend(client, io.Discard), map[string]string{}
	if _, err := backend.ReceiveStartupMessage(); err != nil {
		return
	}
	for {
		message, err := backend.Receive()
		if err != nil {
			return
		}
		switch m := message.(type) {
		case *pgproto3.Parse:
			texts[m.Name] = m.Query
		case *pgproto3.Bind:
			s.add(statement{text: texts[m.PreparedStatement], args: cloned(m.Parameters), formats: slices.Clone(m.ParameterFormatCodes)})
		case *pgproto3.Query:
			s.add(statement{text: m.String})
		}
	}
}

func cloned(args [][]byte) (own [][]byte) {
	for _, a := range args {
		own = append(own, slices.Clone(a))
	}
	return own
}

func (s *statements) add(one statement) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.all[one.text]; !known {
		s.all[one.text] = one
	}
}

// planned gives those for which a database makes a plan, in a fixed order.
func (s *statements) planned() (all []statement) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.all {
		switch word, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(one.text)), " "); word {
		case "SELECT", "INSERT", "UPDATE", "DELETE":
			all = append(all, one)
		}
	}
	slices.SortFunc(all, func(a, b statement) int { return strings.Compare(a.text, b.text) })
	return all
}
