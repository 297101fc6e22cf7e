package capture

import (
	"bufio"
	"context"
	"errors"
	"image"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// live is a camera that sends by itself: the newest picture is kept, and those
// that nobody asked for in time are dropped.
type live struct {
	newest chan []byte // holds one at most
	ended  chan struct{}
	stop   func()
	decode func(data []byte) (image.Image, error)

	mu  sync.Mutex // guards err
	err error      // why it ended
}

// goLive has read called until it fails, which stop has to bring about.
func goLive(read func() ([]byte, error), decode func([]byte) (image.Image, error), stop func()) *live {
	l := &live{newest: make(chan []byte, 1), ended: make(chan struct{}), stop: stop, decode: decode}
	go func() {
		defer close(l.ended)
		for {
			data, err := read()
			if err != nil {
				l.mu.Lock()
				l.err = err
				l.mu.Unlock()
				return
			}
			select {
			case <-l.newest:
			default:
			}
			l.newest <- data
		}
	}()
	return l
}

func (l *live) next(ctx context.Context) (image.Image, error) {
	silent := time.NewTimer(frameIn)
	defer silent.Stop()
	select {
	case data := <-l.newest:
		return l.decode(data)
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-silent.C:
		return nil, errSilent
	case <-l.ended:
	}
	select {
	case data := <-l.newest: // the last one, which came with the end
		return l.decode(data)
	default:
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return nil, l.err
}

func (l *live) close() error {
	l.stop()
	<-l.ended
	return nil
}

// openStream opens an MJPEG stream (multipart/x-mixed-replace). The address is
// the one that the person typed: where it leads on is not followed.
func openStream(ctx context.Context, address string) (source, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, &Error{Reason: "This is not the address of a stream. It looks like http://192.0.2.7:8080/video.", Err: err}
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	opening := context.AfterFunc(ctx, cancel)
	body, err := getStream(running, address)
	if !opening() { // ctx ended while it was opened
		if err == nil {
			body.Close()
		}
		cancel()
		return nil, ctx.Err()
	}
	if err != nil {
		cancel()
		return nil, err
	}
	in := bufio.NewReaderSize(body, 64<<10)
	return goLive(func() ([]byte, error) {
		data, err := readJPEG(in)
		if err == nil {
			return data, nil
		}
		if _, told := errors.AsType[*Error](err); told {
			return nil, err
		}
		if running.Err() != nil {
			return nil, errClosed
		}
		return nil, &Error{Reason: "The camera's stream has ended. Start the camera app anew.", Err: err}
	}, decodeJPEG, func() { cancel(); body.Close() }), nil
}

func getStream(ctx context.Context, address string) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, &Error{Reason: "This is not the address of a stream. It looks like http://192.0.2.7:8080/video.", Err: err}
	}
	response, err := streamClient.Do(request)
	if err != nil {
		return nil, &Error{Reason: "The camera's stream cannot be reached. Check the address, and that the phone is in the same network.", Err: err}
	}
	kind := strings.ToLower(response.Header.Get("Content-Type"))
	reason := ""
	switch {
	case response.StatusCode >= 300 && response.StatusCode < 400:
		reason = "The camera's address leads on to another one, which is not followed. Give the address of the stream itself."
	case response.StatusCode == http.StatusUnauthorized:
		reason = "The camera wants a name and a password: http://NAME:PASSWORD@HOST:PORT/…"
	case response.StatusCode != http.StatusOK:
		reason = "The camera's address answers with “" + http.StatusText(response.StatusCode) + "”. Give the address of the stream itself."
	case strings.HasPrefix(kind, "text/html"):
		reason = "This is the address of a web page. Give that of the stream itself; it often ends with /video or /stream."
	case strings.HasPrefix(kind, "image/"):
		reason = "This is the address of one picture. Give that of the stream (MJPEG); it often ends with /video or /stream."
	}
	if reason != "" {
		response.Body.Close()
		return nil, &Error{Reason: reason}
	}
	return response.Body, nil
}

var streamClient = &http.Client{
	Transport: &http.Transport{
		DisableCompression: true, DisableKeepAlives: true,
		ResponseHeaderTimeout: frameIn, TLSHandshakeTimeout: frameIn, MaxResponseHeaderBytes: 64 << 10,
		Proxy: http.ProxyFromEnvironment,
	},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}
