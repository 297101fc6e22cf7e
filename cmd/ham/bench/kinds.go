package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"

	"github.com/gorilla/websocket"

	"hamconnect/tui/client"
)

// statusError is an answer other than the one that a step wants.
type statusError struct{ status int }

func (e *statusError) Error() string {
	return fmt.Sprintf("status %d %s", e.status, http.StatusText(e.status))
}

// oddError is an answer of the right status that does not hold what it should.
type oddError struct{ what string }

func (e *oddError) Error() string { return e.what }

// stepError is what went wrong in one step of an arrival.
type stepError struct {
	step string
	err  error
}

func (e *stepError) Error() string { return e.step + ": " + kindOf(e.err) }
func (e *stepError) Unwrap() error { return e.err }

func at(step string, err error) error {
	if err == nil {
		return nil
	}
	return &stepError{step, err}
}

var errTimeout = errors.New("no answer in time")

// kindOf says what happened in words that are the same whenever it happens
// again. Nothing of the error's own text gets in, which may hold an address
// with a code in it.
func kindOf(err error) string {
	var (
		step    *stepError
		status  *statusError
		odd     *oddError
		failure *client.Failure
		closed  *websocket.CloseError
		network net.Error
		errno   syscall.Errno
	)
	switch {
	case errors.As(err, &step):
		return step.step + ": " + kindOf(step.err)
	case errors.As(err, &status):
		return status.Error()
	case errors.As(err, &odd):
		return odd.what
	case errors.As(err, &failure):
		return fmt.Sprintf("status %d %s", failure.Status, failure.Code)
	case errors.As(err, &closed):
		return fmt.Sprintf("socket closed with %d", closed.Code)
	case errors.Is(err, errTimeout), errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return errTimeout.Error()
	case errors.Is(err, context.Canceled):
		return "stopped"
	case errors.As(err, &errno):
		return errno.Error()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection closed"
	case errors.Is(err, client.ErrUnreachable):
		return "no answer"
	}
	return fmt.Sprintf("another error (%T)", innermost(err))
}

func innermost(err error) error {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err
}

// kinds counts errors. Its zero value is ready.
type kinds struct {
	mu     sync.Mutex // guards counts
	counts map[string]int
}

func (k *kinds) add(err error) {
	kind := kindOf(err)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.counts == nil {
		k.counts = map[string]int{}
	}
	k.counts[kind]++
}
