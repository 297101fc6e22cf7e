package tui

import (
	"context"
	"errors"
	"image"

	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/qr"
	"hamconnect/qr/capture"
	"hamconnect/tui/client"
	"hamconnect/tui/internal/failures"
)

// sources are where codes come from beside the text field; tests have others.
type sources struct {
	clipboard func(ctx context.Context) (capture.Content, error)
	desktop   func() bool // there is one, and not the terminal alone; nil where there is
	screens   func(ctx context.Context) ([]image.Image, error)
	complete  func(prefix string) []string
	camera    func(ctx context.Context) (camera, error)
	codes     func(ctx context.Context, picture image.Image) ([]qr.Found, error) // in a picture of the camera
}

// camera is a *capture.Camera.
type camera interface {
	Next(ctx context.Context) (image.Image, error)
	Close() error
}

func newSources(cameraName string) sources {
	return sources{
		clipboard: capture.Clipboard, desktop: capture.HasDesktop, screens: capture.Screens, complete: capture.Complete, codes: client.QuickCodes,
		camera: func(ctx context.Context) (camera, error) { return capture.Open(ctx, cameraName) },
	}
}

// finder finds links somewhere, at least one if there is no error.
type finder func(ctx context.Context) ([]qr.Link, error)

func inText(text string) finder {
	return func(ctx context.Context) ([]qr.Link, error) { return client.FindAll(ctx, text) }
}

func inFile(name string) finder {
	return func(ctx context.Context) ([]qr.Link, error) { return client.FindFile(ctx, name) }
}

func onlyThis(link qr.Link) finder {
	return func(context.Context) ([]qr.Link, error) { return []qr.Link{link}, nil }
}

func (s sources) onScreen(ctx context.Context) ([]qr.Link, error) {
	screens, err := s.screens(ctx)
	if err != nil {
		return nil, err
	}
	links, err := client.FindIn(ctx, screens...)
	if errors.Is(err, qr.ErrNoCode) {
		return nil, &capture.Error{Reason: "There is no QR code on the screen. Bring the window with the code to the front, make it larger, and try again."}
	}
	return links, err
}

// askAbout asks the server about the one link that is its own; the person
// chooses among several.
func askAbout(t *try, server Server, links []qr.Link) tea.Msg {
	own := func(link qr.Link) bool { return link.Kind != qr.KindEnroll && server.Check(link) == nil }
	if own := only(links, own); len(own) > 0 {
		links = own
	}
	if len(links) > 1 {
		return severalMsg{t, links}
	}
	ask, err := askOne(t.ctx, server, links[0])
	if err != nil {
		return failedMsg{t, err}
	}
	return foundMsg{t, ask}
}

func askOne(ctx context.Context, server Server, link qr.Link) (*client.Ask, error) {
	if err := server.Check(link); err != nil {
		return nil, err
	}
	switch link.Kind {
	case qr.KindPairing:
		return server.Claim(ctx, link.Code)
	case qr.KindAuthorize:
		return server.CheckAuthorize(ctx, link.Authorize)
	case qr.KindLogin:
		return server.ClaimTicket(ctx, link.Code)
	case qr.KindEnroll:
	}
	return nil, failures.ErrEnrolLink
}

// complete asks what a path that was begun may be.
func complete(a *app, prefix string) tea.Cmd {
	list := a.sources.complete
	return func() tea.Msg { return completedMsg{prefix, list(prefix)} }
}

// watchFolder sends the pictures that come into a folder until ctx ends.
func watchFolder(ctx context.Context, dir string, send func(tea.Msg)) {
	err := capture.Watch(ctx, dir, func(path string) { send(watchedMsg{path: path}) })
	if ctx.Err() == nil {
		send(watchedMsg{err: err})
	}
}
