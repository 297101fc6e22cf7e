package tui

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"hamconnect/qr/capture"
)

// answerIn is how long a terminal may take to tell its clipboard; it may ask
// the person first.
const answerIn = 3 * time.Second

// terminal is the terminal with its answers about the clipboard taken out of
// the keys, which the reader of keys would show as typed letters.
type terminal struct {
	in      terminalInput
	out     terminalOutput
	answers chan string
}

type terminalInput struct {
	*os.File
	filter *capture.OSC52
	answer func(text string)
}

// terminalOutput keeps a question out of the middle of a frame.
type terminalOutput struct {
	*os.File
	mu *sync.Mutex
}

// newTerminal gives nil where input and output are no files.
func newTerminal(in io.Reader, out io.Writer) *terminal {
	inFile, ok := in.(*os.File)
	outFile, ok2 := out.(*os.File)
	if !ok || !ok2 {
		return nil
	}
	t := &terminal{answers: make(chan string, 1)}
	t.in = terminalInput{inFile, &capture.OSC52{}, func(text string) {
		select {
		case t.answers <- text:
		default: // nobody has taken the one before
		}
	}}
	t.out = terminalOutput{outFile, &sync.Mutex{}}
	return t
}

func (i terminalInput) Read(p []byte) (int, error) {
	room := len(p) - i.filter.Held()
	n, err := i.File.Read(p[:room])
	rest, texts := i.filter.Filter(p[:n], n == room)
	for _, text := range texts {
		i.answer(text)
	}
	return copy(p, rest), err
}

func (o terminalOutput) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.File.Write(p)
}

// clipboard gives what was copied, from the desktop if there is one, and else
// from the terminal itself, which may stand on another computer.
func (t *terminal) clipboard(ctx context.Context) (capture.Content, error) {
	content, err := capture.Clipboard(ctx)
	if !errors.Is(err, capture.ErrNoClipboard) {
		return content, err
	}
	select {
	case <-t.answers: // of a question that was given up
	default:
	}
	if _, failed := t.out.Write([]byte(capture.QueryOSC52)); failed != nil {
		return content, err
	}
	late := time.NewTimer(answerIn)
	defer late.Stop()
	select {
	case text := <-t.answers:
		return capture.Content{Text: text}, nil
	case <-late.C:
		return content, err
	case <-ctx.Done():
		return content, ctx.Err()
	}
}
