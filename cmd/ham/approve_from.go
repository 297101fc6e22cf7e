package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"hamconnect/qr"
	"hamconnect/qr/capture"
	"hamconnect/tui/client"
)

// cameraFor is how long a camera is looked through.
const cameraFor = time.Minute

// find gives the link in text, or the one that --from leads to.
func (a *approval) find(ctx context.Context, text string) (qr.Link, error) {
	where, source, _ := strings.Cut(a.from, ":")
	switch where {
	case "clipboard":
		return a.only(inClipboard(ctx))
	case "screen":
		screens, err := capture.Screens(ctx)
		if err != nil {
			return qr.Link{}, err
		}
		return a.only(client.FindIn(ctx, screens...))
	case "camera":
		return a.inCamera(ctx, source)
	}
	return a.only(client.FindAll(ctx, text))
}

// only gives the one link of the account's server; where none is of it, what
// is there is refused later and in better words.
func (a *approval) only(links []qr.Link, err error) (qr.Link, error) {
	var own []qr.Link
	for _, link := range links {
		if link.Kind != qr.KindEnroll && a.account.Check(link) == nil {
			own = append(own, link)
		}
	}
	if len(own) > 0 {
		links = own
	}
	return client.Only(links, err)
}

func inClipboard(ctx context.Context) ([]qr.Link, error) {
	content, err := capture.Clipboard(ctx)
	if err != nil {
		return nil, err
	}
	if content.Image == nil {
		return client.FindAll(ctx, content.Text)
	}
	return client.FindRead(ctx, bytes.NewReader(content.Image))
}

// inCamera looks until there is a code of ours. Of others it tells in the end.
func (a *approval) inCamera(ctx context.Context, source string) (qr.Link, error) {
	camera, err := capture.Open(ctx, source)
	if err != nil {
		return qr.Link{}, err
	}
	defer camera.Close()
	limited, cancel := context.WithTimeout(ctx, cameraFor)
	defer cancel()
	seen := qr.ErrNoCode
	for {
		picture, err := camera.Next(limited)
		if err == nil {
			var codes []qr.Found
			codes, err = client.QuickCodes(limited, picture)
			if err == nil {
				var texts []string
				for _, code := range codes {
					texts = append(texts, code.Text)
				}
				links, notLink := client.Links(texts)
				if notLink == nil {
					return a.only(links, nil)
				}
				seen = notLink
			}
		}
		switch {
		case ctx.Err() != nil:
			return qr.Link{}, ctx.Err()
		case limited.Err() != nil && errors.Is(seen, qr.ErrNoCode):
			return qr.Link{}, &capture.Error{Reason: "The camera saw no code within a minute. Hold the code closer, in good light, and try again.", Err: seen}
		case limited.Err() != nil:
			return qr.Link{}, seen
		case err != nil && !errors.Is(err, qr.ErrNoCode):
			return qr.Link{}, err
		}
	}
}
