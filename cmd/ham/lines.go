package main

import (
	"context"
	"io"
	"sync"
)

// lineReader reads lines for who asks again and again: what one asker did not
// wait for is not taken from the next.
type lineReader struct {
	io.Reader
	begin sync.Once
	lines chan string // closed at the end
	err   error       // read after that
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{Reader: r, lines: make(chan string, 64)}
}

// start begins to read; next and discard do it as well.
func (l *lineReader) start() { l.begin.Do(func() { go l.pump() }) }

func (l *lineReader) pump() {
	defer close(l.lines)
	for {
		line, err := readLine(context.Background(), l.Reader)
		if err != nil {
			l.err = err
			return
		}
		l.lines <- line
	}
}

// next gives the next line, or io.EOF.
func (l *lineReader) next(ctx context.Context) (string, error) {
	l.start()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case line, ok := <-l.lines:
		if !ok {
			return "", l.err
		}
		return line, nil
	}
}

// discard drops the lines that are there already.
func (l *lineReader) discard() {
	l.start()
	for {
		select {
		case _, ok := <-l.lines:
			if !ok {
				return
			}
		default:
			return
		}
	}
}
