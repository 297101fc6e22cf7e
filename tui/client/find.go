package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hamconnect/qr"
)

// lookFor bounds the search of one picture: the worst without a code takes seconds.
const lookFor = 20 * time.Second

// Find gives the link that text is, or that is in the picture file which text
// names. Its errors are *qr.LinkError, *qr.PictureError, qr.ErrNoCode, or say
// that the file cannot be opened.
func Find(ctx context.Context, text string) (qr.Link, error) {
	link, notLink := qr.ParseLink(text)
	if notLink == nil {
		return link, nil
	}
	info, err := os.Stat(text)
	if err != nil {
		switch strings.ToLower(filepath.Ext(text)) {
		case ".png", ".jpg", ".jpeg", ".gif", ".webp":
			return qr.Link{}, &qr.PictureError{Reason: "There is no picture of this name. Check the path of the file.", Err: err}
		}
		return qr.Link{}, notLink
	}
	if !info.Mode().IsRegular() { // a pipe or device would be read for ever
		return qr.Link{}, &qr.PictureError{Reason: "This is not a file with a picture, but a folder or a device. Name the picture."}
	}
	f, err := os.Open(text) //nolint:gosec // the person names the picture
	if err != nil {
		return qr.Link{}, fmt.Errorf("opening the picture: %w", err)
	}
	defer f.Close()
	return FindIn(ctx, f)
}

// FindIn gives the link that is in a picture file's content, as Find does.
func FindIn(ctx context.Context, r io.Reader) (qr.Link, error) {
	picture, err := qr.ReadPicture(r)
	if err != nil {
		return qr.Link{}, err
	}
	limited, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	texts, err := qr.Decode(limited, picture)
	if err != nil {
		if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
			return qr.Link{}, qr.ErrNoCode
		}
		return qr.Link{}, err
	}
	return pick(texts)
}

// pick gives the one link of ours among the codes of a picture. It does not
// choose between two: which to use is the person's to say.
func pick(texts []string) (qr.Link, error) {
	var found []qr.Link
	var firstErr error
	for _, t := range texts {
		link, err := qr.ParseLink(t)
		if err == nil {
			found = append(found, link)
		} else if firstErr == nil {
			firstErr = err
		}
	}
	switch len(found) {
	case 0:
		return qr.Link{}, firstErr
	case 1:
		return found[0], nil
	}
	return qr.Link{}, &qr.PictureError{Reason: fmt.Sprintf("There are %d Ham codes in this picture. Cut out the one that you mean.", len(found))}
}
