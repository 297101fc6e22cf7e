package main

import (
	"context"
	"errors"
	"time"

	"hamconnect/qr"
	"hamconnect/qr/capture"
	"hamconnect/tui/client"
)

// How often clipboard and screen are looked at: a screen is much to look
// through, and a sign-in lasts for minutes.
const (
	clipboardEvery = time.Second
	screenEvery    = 2 * time.Second
)

func openClipboard(w *watching) (source, error) {
	return w.looking("clipboard", clipboardEvery, inClipboard)
}

func openScreen(w *watching) (source, error) {
	return w.looking("screen", screenEvery, func(ctx context.Context) ([]qr.Link, error) {
		screens, err := capture.Screens(ctx)
		if err != nil {
			return nil, err
		}
		return client.FindIn(ctx, screens...)
	})
}

// looking looks now and then. That there is no code is no news; why it cannot
// look is told once, until it can again.
func (w *watching) looking(name string, every time.Duration, look func(context.Context) ([]qr.Link, error)) (source, error) {
	told := ""
	return func(ctx context.Context, found func(sighting) error) error {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			links, err := look(ctx)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			_, blind := errors.AsType[*capture.Error](err)
			switch {
			case blind && err.Error() != told:
				told = err.Error()
				if err := found(sighting{from: name, err: err}); err != nil {
					return err
				}
			case !blind:
				told = ""
			}
			for _, link := range links {
				if link.Kind == qr.KindEnroll {
					continue // nobody is signed in by it
				}
				if err := found(sighting{from: name, link: link}); err != nil {
					return err
				}
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-tick.C:
			}
		}
	}, nil
}
