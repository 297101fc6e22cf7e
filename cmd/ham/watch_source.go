package main

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

// sighting is something that a source has found: a link, the request of a
// browser, or what should have held a link and does not.
type sighting struct {
	from    string // as --from names it
	file    string // in a folder
	link    qr.Link
	request string // id
	err     error
}

// key is by what a sighting is known again; empty if it need not be.
func (s sighting) key() string {
	switch {
	case s.request != "":
		return s.request
	case s.err == nil && s.link.Code != "":
		return s.link.Origin + " " + s.link.Code // another server's link must not stand in for ours
	}
	return ""
}

// source looks for sign-ins until ctx ends, or there can be none any more,
// which is no error. It stops with the error of found.
type source func(ctx context.Context, found func(sighting) error) error

// sources are those with a name. Each is opened before the watch says that it
// is ready: what comes after that is found.
var sources = map[string]func(*watching) (source, error){
	"push":      openPush,
	"clipboard": openClipboard,
	"screen":    openScreen,
	"-":         openInput,
}

// open gives the source that --from names: one of those, or a folder.
func (w *watching) open(name string) (source, error) {
	if open, ok := sources[name]; ok {
		return open(w)
	}
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, usagef("--from takes push, clipboard, screen, - or a folder that is there: %w", err)
	case !info.IsDir():
		return nil, usagef("--from takes push, clipboard, screen, - or a folder, and %s is none; to answer one picture use 'ham approve'", name)
	}
	return openFolder(name)
}

const (
	mostWaiting = 256              // sightings that wait for their turn
	mostKnown   = 1000             // before old ones are forgotten
	knownFor    = 10 * time.Minute // longer than any sign-in takes
)

// found puts what a source has found in the queue, once.
func (w *watching) found(s sighting) error {
	if !w.isNew(s.key()) {
		return nil
	}
	select {
	case w.queue <- s:
		return nil
	default:
	}
	w.forget(s.key())
	return w.out.failed(s, errors.New("too many sign-ins wait already"))
}

// isNew remembers key, and reports whether it was not known.
func (w *watching) isNew(key string) bool {
	if key == "" {
		return true
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, known := w.known[key]; known {
		return false
	}
	if len(w.known) >= mostKnown {
		for k, since := range w.known {
			if time.Since(since) > knownFor {
				delete(w.known, k)
			}
		}
	}
	w.known[key] = time.Now()
	return true
}

func (w *watching) forget(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.known, key)
}

// openPush finds what browsers ask for; watching.look hears of it.
func openPush(w *watching) (source, error) {
	if w.requests == nil {
		w.requests = make(chan []pairing.BrowserRequest, 1)
	}
	return func(ctx context.Context, found func(sighting) error) error {
		for {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case all := <-w.requests:
				for i := len(all) - 1; i >= 0; i-- { // the latest comes first
					if err := found(sighting{from: "push", request: all[i].ID}); err != nil {
						return err
					}
				}
			}
		}
	}, nil
}

// openInput finds links, and pictures by their path, on standard input.
func openInput(w *watching) (source, error) {
	input, ok := w.env.stdin.(*lineReader)
	if !ok {
		return nil, errors.New("standard input cannot be read by line")
	}
	return func(ctx context.Context, found func(sighting) error) error {
		for {
			line, err := input.next(ctx)
			switch {
			case errors.Is(err, io.EOF):
				return nil
			case err != nil:
				return err
			case line == "":
				continue
			}
			s := sighting{from: "-"}
			if s.link, s.err = client.Find(ctx, line); ctx.Err() != nil {
				return ctx.Err()
			}
			if err := found(s); err != nil {
				return err
			}
		}
	}, nil
}
