package client

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"strings"

	"hamconnect/qr"
	"hamconnect/qr/capture"
)

// Find gives the one link that text is, or that is in the picture file which
// text names; how that may be written, capture.Path says. Its errors are
// *qr.LinkError, *qr.PictureError, *capture.Error, qr.ErrNoCode, or say that
// the file cannot be opened.
func Find(ctx context.Context, text string) (qr.Link, error) {
	return Only(FindAll(ctx, text))
}

// FindAll is Find for a picture in which there may be several links.
func FindAll(ctx context.Context, text string) ([]qr.Link, error) {
	link, notLink := qr.ParseLink(text)
	if notLink == nil {
		return []qr.Link{link}, nil
	}
	named, err := capture.Path(text)
	switch {
	case err != nil && isFileURL(text):
		return nil, err
	case err != nil:
		return nil, notLink
	}
	if link, err := qr.ParseLink(named.Path); err == nil { // it stood in quotes
		return []qr.Link{link}, nil
	}
	if _, err := os.Stat(named.Path); err != nil {
		if capture.IsPicture(named.Path) && !strings.Contains(text, "://") || isFileURL(text) {
			return nil, &qr.PictureError{Reason: "There is no picture of this name. Check the path of the file.", Err: err}
		}
		return nil, explain(text, notLink)
	}
	links, err := FindFile(ctx, named.Path)
	if err != nil && named.More > 0 {
		return nil, &qr.PictureError{Reason: fmt.Sprintf("Of the %d files only the first picture was looked at. %s", named.More+1, upperFirst(err.Error())), Err: err}
	}
	return links, err
}

func isFileURL(text string) bool {
	return strings.HasPrefix(strings.ToLower(strings.TrimLeft(text, " \t\r\n'\"")), "file://")
}

// FindFile gives the links in a picture file of exactly this name.
func FindFile(ctx context.Context, name string) ([]qr.Link, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, &qr.PictureError{Reason: "There is no picture of this name. Check the path of the file.", Err: err}
	case !info.Mode().IsRegular(): // a pipe or device would be read for ever
		return nil, &qr.PictureError{Reason: "This is not a file with a picture, but a folder or a device. Name the picture."}
	}
	f, err := os.Open(name) //nolint:gosec // the person names the picture
	if err != nil {
		return nil, fmt.Errorf("opening the picture: %w", err)
	}
	defer f.Close()
	return FindRead(ctx, f)
}

// FindRead gives the links in the content of a picture file.
func FindRead(ctx context.Context, r io.Reader) ([]qr.Link, error) {
	picture, err := qr.ReadPicture(r)
	if err != nil {
		return nil, err
	}
	return FindIn(ctx, picture)
}

// FindIn gives the links in pictures, at least one if there is no error. Only
// where none of them holds a link of ours it is told why.
func FindIn(ctx context.Context, pictures ...image.Image) ([]qr.Link, error) {
	var texts []string
	for _, p := range pictures {
		codes, err := Codes(ctx, p)
		if err != nil && !errors.Is(err, qr.ErrNoCode) {
			return nil, err
		}
		for _, c := range codes {
			texts = append(texts, c.Text)
		}
	}
	return Links(texts)
}

// Links gives the links of ours among the texts of codes, each once, and if
// there is none an error that explains the first that is none.
func Links(texts []string) (links []qr.Link, err error) {
	if len(texts) == 0 {
		return nil, qr.ErrNoCode
	}
	for _, t := range texts {
		link, notLink := qr.ParseLink(t)
		switch {
		case notLink == nil && !hasLink(links, link):
			links = append(links, link)
		case notLink != nil && err == nil:
			err = explain(t, notLink)
		}
	}
	if len(links) > 0 {
		return links, nil
	}
	return nil, err
}

func hasLink(links []qr.Link, link qr.Link) bool {
	for _, l := range links {
		if l.Kind == link.Kind && l.Origin == link.Origin && l.Code == link.Code && l.Authorize.Encode() == link.Authorize.Encode() {
			return true
		}
	}
	return false
}

// Only gives the one link that was found. It does not choose between two:
// which to use is the person's to say.
func Only(links []qr.Link, err error) (qr.Link, error) {
	switch {
	case err != nil:
		return qr.Link{}, err
	case len(links) == 1:
		return links[0], nil
	}
	return qr.Link{}, &qr.PictureError{Reason: fmt.Sprintf("There are %d Ham codes in this picture. Cut out the one that you mean.", len(links))}
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
