package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
)

// page is an open sign-in page: what its script knows.
type page struct {
	w       *world
	pairing string
	base    string // where the addresses of its pairing lie
	query   string // of the request that it was opened with
	link    string // that its QR code shows
	cookies cookies
}

var (
	pairingMark = regexp.MustCompile(`data-pairing="([A-Z2-7]+)"`)
	baseMark    = regexp.MustCompile(`data-base="([^"]+)"`)
	linkMark    = regexp.MustCompile(`data-link="([^"]+)"`)
)

// open loads the sign-in page at a path with a query.
func (w *world) open(ctx context.Context, path string, query url.Values) (*page, error) {
	p := &page{w: w, query: query.Encode()}
	address := path
	if p.query != "" {
		address += "?" + p.query
	}
	answer, body, err := w.send(ctx, http.MethodGet, address, nil, nil, http.StatusOK)
	if err != nil {
		return nil, err
	}
	id, base, link := pairingMark.FindSubmatch(body), baseMark.FindSubmatch(body), linkMark.FindSubmatch(body)
	if id == nil || base == nil || link == nil {
		return nil, &oddError{"the page is no sign-in page"}
	}
	p.pairing, p.base, p.link = string(id[1]), html.UnescapeString(string(base[1])), html.UnescapeString(string(link[1]))
	p.cookies.take(answer)
	return p, nil
}

func (p *page) address(path string) string {
	address := p.base + path + "?pairing=" + p.pairing
	if p.query != "" {
		address += "&" + p.query
	}
	return address
}

// begin begins the pairing without a socket, and poll looks at it.
func (p *page) begin(ctx context.Context) (view, error) {
	return p.ask(ctx, http.MethodPost, p.address("/pairing"))
}

func (p *page) poll(ctx context.Context) (view, error) {
	return p.ask(ctx, http.MethodGet, p.base+"/pairing/"+p.pairing)
}

func (p *page) ask(ctx context.Context, method, path string) (v view, err error) {
	header := p.header()
	header.Set("Accept", "application/json")
	_, body, err := p.w.send(ctx, method, path, nil, header, http.StatusOK)
	if err == nil && json.Unmarshal(body, &v) != nil {
		err = &oddError{"the answer is no JSON"}
	}
	return v, err
}

func (p *page) header() http.Header {
	return http.Header{"Cookie": {p.cookies.header()}, "Sec-Fetch-Site": {"same-origin"}}
}

// finish goes where an approved page goes, and gives where it is sent from
// there.
func (p *page) finish(ctx context.Context) (*url.URL, error) {
	answer, _, err := p.w.send(ctx, http.MethodGet, p.base+"/finish?pairing="+p.pairing, nil, p.header(), http.StatusSeeOther)
	if err != nil {
		return nil, err
	}
	p.cookies.take(answer)
	return where(answer)
}

// where gives where a redirect leads.
func where(answer http.Header) (*url.URL, error) {
	to, err := url.Parse(answer.Get("Location"))
	if err != nil || to.Host == "" && to.Path == "" {
		return nil, &oddError{"the redirect leads nowhere"}
	}
	return to, nil
}

// codeIn gives the authorization code of a redirect.
func codeIn(to *url.URL) (string, error) {
	code := to.Query().Get("code")
	if code == "" {
		return "", &oddError{"the redirect holds no code"}
	}
	return code, nil
}

// view is what the server tells a page, as far as it is looked at here.
type view struct {
	State  pairing.State `json:"state"`
	Link   string        `json:"link"`
	Number int           `json:"number"`
}

// scanned gives the code that an app reads from a link.
func scanned(link string) (string, error) {
	l, err := qr.ParseLink(link)
	if err != nil {
		return "", &oddError{"the QR code holds no link of ours"}
	}
	return l.Code, nil
}

// desktop is a page whose socket is open.
type desktop struct {
	*page
	socket *websocket.Conn
	begun  time.Time

	mu      sync.Mutex // guards the fields below
	last    view
	at      time.Time     // when last came
	over    error         // why nothing more will come
	changed chan struct{} // closed when one of these changes; nil while nobody waits for that
}

// connect opens the socket, and with it begins the pairing.
func (p *page) connect(ctx context.Context) (*desktop, error) {
	address := "ws" + strings.TrimPrefix(p.w.target.URL, "http") + p.address("/socket") + "&pairing_try=1"
	header := http.Header{"Origin": {p.w.target.URL}, "User-Agent": {userAgent}, "Cookie": {p.cookies.header()}}
	socket, response, err := p.w.sockets.DialContext(ctx, address, header)
	if response != nil {
		defer response.Body.Close()
	}
	if errors.Is(err, websocket.ErrBadHandshake) {
		return nil, &statusError{response.StatusCode}
	}
	if err != nil {
		return nil, err
	}
	return &desktop{page: p, socket: socket, begun: time.Now(), last: view{Link: p.link}}, nil
}

// quietFor is how long a socket may say nothing: its code is new every 30 s.
const quietFor = 70 * time.Second

// read takes what the server says until it says no more.
func (d *desktop) read() {
	defer d.socket.Close()
	for {
		var v view
		err := d.socket.SetReadDeadline(time.Now().Add(quietFor))
		if err == nil {
			v, err = d.next()
			if v.Link == "" {
				v.Link = d.last.Link // the code is the same as before; nobody else writes it
			}
		}
		d.mu.Lock()
		if err != nil {
			d.over = err
		} else {
			d.last, d.at = v, time.Now()
		}
		if d.changed != nil {
			close(d.changed)
			d.changed = nil
		}
		d.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// messages are where they are read.
var messages = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func (d *desktop) next() (v view, err error) {
	_, message, err := d.socket.NextReader()
	if err != nil {
		return v, err
	}
	text := messages.Get().(*bytes.Buffer)
	defer messages.Put(text)
	text.Reset()
	if _, err = text.ReadFrom(message); err != nil {
		return v, err
	}
	return readView(text.Bytes())
}

// readView reads a message. Most bring a code, and most of them is its drawing,
// which nobody looks at here.
func readView(message []byte) (v view, err error) {
	if bytes.HasPrefix(message, []byte(`{"state":"waiting",`)) {
		_, rest, _ := bytes.Cut(message, []byte(`"link":"`))
		link, _, ok := bytes.Cut(rest, []byte(`","qr":{`))
		if ok && bytes.IndexByte(link, '"') < 0 && bytes.IndexByte(link, '\\') < 0 {
			return view{State: pairing.Waiting, Link: string(link)}, nil
		}
	}
	if json.Unmarshal(message, &v) != nil || v.State == "" {
		return v, &oddError{"the message is no JSON"}
	}
	return v, nil
}

// until waits for a state, and tells when it came.
func (d *desktop) until(ctx context.Context, state pairing.State) (view, time.Time, error) {
	for {
		d.mu.Lock()
		if d.changed == nil {
			d.changed = make(chan struct{})
		}
		last, at, over, changed := d.last, d.at, d.over, d.changed
		d.mu.Unlock()
		switch {
		case last.State == state:
			return last, at, nil
		case over != nil:
			return last, at, over
		case last.State != "" && last.State.Over():
			return last, at, &oddError{"the sign-in is " + string(last.State)}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return last, at, context.Cause(ctx)
		}
	}
}

// waits reports whether the desktop waits for a scan, and gives its link.
func (d *desktop) waits() (link string, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last.Link, d.over == nil && d.last.State == pairing.Waiting
}
