package capture

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os/exec"
	"time"
)

// Limits of what another program may say, and how long it may take for that.
const (
	maxOutput = 32 << 20
	programIn = 3 * time.Second
)

var (
	errTooMuch = errors.New("it says more than 32 MB")
	errTooSlow = errors.New("it does not answer")
)

// installed reports whether a program is on the PATH.
func installed(name string) bool {
	_, err := exec.LookPath(name)
	return err == nil
}

// program gives what a program writes on its standard output. It is killed
// when it takes longer than within, or says more than maxOutput bytes.
func program(ctx context.Context, within time.Duration, name string, args ...string) ([]byte, error) {
	limited, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	cmd := exec.CommandContext(limited, name, args...) //nolint:gosec // names and arguments of ours
	cmd.WaitDelay = 200 * time.Millisecond             // a child of it may hold the pipe
	out := &bounded{cancel: cancel}
	cmd.Stdout = out
	err := cmd.Run()
	switch {
	case out.over:
		return nil, errTooMuch
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case limited.Err() != nil:
		return nil, errTooSlow
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		return nil, err
	}
	return out.kept.Bytes(), nil
}

// bounded keeps what is written to it until that is too much.
type bounded struct {
	kept   bytes.Buffer // not embedded: its ReadFrom would know no bound
	cancel context.CancelFunc
	over   bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.kept.Len()+len(p) > maxOutput {
		b.over = true
		b.cancel()
		return 0, io.ErrShortWrite
	}
	return b.kept.Write(p)
}
