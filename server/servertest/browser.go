// Package servertest is a browser without pixels, for tests and benchmarks of
// everything that needs a desktop: it opens the sign-in page, follows its
// pairing and finishes, over the same addresses as the page's own script.
package servertest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// View is what the server tells the page.
type View struct {
	State           string   `json:"state"`
	Version         int64    `json:"version"`
	Link            string   `json:"link"`
	SecondsLeft     int      `json:"seconds_left"`
	CodeSecondsLeft int      `json:"code_seconds_left"`
	Number          int      `json:"number"`
	Contested       int      `json:"contested"`
	Scopes          []string `json:"scopes"`
	Finish          string   `json:"finish"`
	Resume          string   `json:"resume"`
	Account         *struct {
		Nickname string `json:"nickname"`
		Picture  string `json:"picture"`
	} `json:"account"`
}

// Browser keeps cookies and follows no redirect by itself.
type Browser struct {
	Client *http.Client
	origin string
}

// NewBrowser gives a browser that has never been anywhere. origin is the
// provider's public URL.
func NewBrowser(origin string) *Browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // it has no options that could be wrong
	}
	return &Browser{
		origin: origin,
		Client: &http.Client{
			Jar:           jar,
			Timeout:       20 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// At gives the browser as it reaches one node by its own address.
func (b *Browser) At(origin string) *Browser {
	at := NewBrowser(origin)
	if u, err := url.Parse(origin); err == nil {
		at.Client.Jar.SetCookies(u, b.Cookies())
	}
	return at
}

// Cookies are those that the browser would send to the provider.
func (b *Browser) Cookies() []*http.Cookie {
	u, err := url.Parse(b.origin)
	if err != nil {
		return nil
	}
	return b.Client.Jar.Cookies(u)
}

// Aged gives the browser as it is once its session has run out: it goes on
// knowing who was signed in. There is none to give before somebody was.
func (b *Browser) Aged() *Browser {
	aged := NewBrowser(b.origin)
	u, err := url.Parse(b.origin)
	if err != nil {
		return aged
	}
	for _, c := range b.Cookies() {
		if strings.HasSuffix(c.Name, "ham_known") {
			aged.Client.Jar.SetCookies(u, []*http.Cookie{c})
		}
	}
	return aged
}

// StatusError is an answer other than the expected one.
type StatusError struct {
	Status int
	Body   string
}

func (e *StatusError) Error() string { return fmt.Sprintf("HTTP %d", e.Status) }

// Page is an open sign-in page.
type Page struct {
	Browser *Browser
	Pairing string // its id
	Link    string // what the QR on the page says as it arrives
	HTML    string
	base    string // where the pairing's addresses lie
	query   string
	tries   atomic.Int64           // to be told of its pairing
	resume  atomic.Pointer[string] // what it was told then
}

var (
	pairingMark = regexp.MustCompile(`data-pairing="([A-Z2-7]+)"`)
	baseMark    = regexp.MustCompile(`data-base="([^"]+)"`)
	linkMark    = regexp.MustCompile(`data-link="([^"]+)"`)
)

// Open loads the sign-in page at address. A page that is none is a
// *StatusError.
func (b *Browser) Open(ctx context.Context, address string) (*Page, error) {
	status, body, err := b.do(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	id, link, base := pairingMark.FindStringSubmatch(body), linkMark.FindStringSubmatch(body), baseMark.FindStringSubmatch(body)
	if status != http.StatusOK || id == nil || link == nil || base == nil {
		return nil, &StatusError{status, body}
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	return &Page{Browser: b, Pairing: id[1], Link: link[1], HTML: body, base: base[1], query: u.RawQuery}, nil
}

// Twin is the same page in a browser of its own that has a copy of all cookies.
func (p *Page) Twin() *Page { return p.At(p.Browser.origin) }

// At is Twin for a browser that reaches the provider at another origin.
func (p *Page) At(origin string) *Page {
	twin := &Page{Browser: p.Browser.At(origin), Pairing: p.Pairing, Link: p.Link, HTML: p.HTML, base: p.base, query: p.query}
	twin.tries.Store(p.tries.Load())
	return twin
}

func (b *Browser) do(ctx context.Context, method, address string, header http.Header) (status int, body string, err error) {
	request, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return 0, "", err
	}
	if header != nil {
		request.Header = header.Clone()
	}
	return b.send(request)
}

func (b *Browser) send(request *http.Request) (status int, body string, err error) {
	response, err := b.Client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if location := response.Header.Get("Location"); location != "" {
		text = []byte(location)
	}
	return response.StatusCode, string(text), err
}

// Origin is the provider's, such as http://127.0.0.1:1234.
func (p *Page) Origin() string { return p.Browser.origin }

func (p *Page) address(path string) string {
	return p.Browser.origin + p.base + path + "?pairing=" + p.Pairing + "&" + p.query
}

// beginning is address, and says how often the page has come without being told
// of its pairing.
func (p *Page) beginning(path string) string {
	if resume := p.resume.Load(); resume != nil {
		return p.address(path) + "&pairing_resume=" + *resume
	}
	return p.address(path) + "&pairing_try=" + strconv.FormatInt(p.tries.Add(1), 10)
}

// Socket is the page's WebSocket.
type Socket struct {
	Connection *websocket.Conn
	page       *Page
}

// Connect begins the pairing, or comes back to it. As the page's script does, it
// says that the pairing is new at the first call.
func (p *Page) Connect(ctx context.Context) (*Socket, error) {
	return p.ConnectWith(ctx, http.Header{"Origin": {p.Browser.origin}, "User-Agent": {UserAgent}})
}

// UserAgent is what the browser says of itself: Chrome on Linux.
const UserAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"

// ConnectWith connects with headers of the caller's own.
func (p *Page) ConnectWith(ctx context.Context, header http.Header) (*Socket, error) {
	dialer := websocket.Dialer{Jar: p.Browser.Client.Jar, HandshakeTimeout: 10 * time.Second}
	address := "ws" + strings.TrimPrefix(p.beginning("/socket"), "http")
	connection, response, err := dialer.DialContext(ctx, address, header)
	if response != nil {
		defer response.Body.Close()
	}
	if errors.Is(err, websocket.ErrBadHandshake) {
		return nil, &StatusError{Status: response.StatusCode}
	}
	if err != nil {
		return nil, err
	}
	return &Socket{connection, p}, nil
}

// Next waits for the next view.
func (s *Socket) Next() (v View, err error) {
	if err := s.Connection.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return v, err
	}
	if err = s.Connection.ReadJSON(&v); err == nil {
		s.page.resume.Store(&v.Resume)
	}
	return v, err
}

// Until reads views until one is in state.
func (s *Socket) Until(state string) (View, error) {
	for {
		v, err := s.Next()
		if err != nil || v.State == state {
			return v, err
		}
	}
}

// Close ends the connection without a word.
func (s *Socket) Close() error { return s.Connection.Close() }

// Begin begins the pairing as a page does that can open no socket.
func (p *Page) Begin(ctx context.Context) (View, error) {
	return p.view(ctx, http.MethodPost, p.beginning("/pairing"))
}

// Poll asks how the pairing stands.
func (p *Page) Poll(ctx context.Context) (View, error) {
	return p.view(ctx, http.MethodGet, p.Browser.origin+p.base+"/pairing/"+p.Pairing)
}

// Cancel cancels on the desktop.
func (p *Page) Cancel(ctx context.Context) (View, error) {
	return p.view(ctx, http.MethodPost, p.Browser.origin+p.base+"/pairing/"+p.Pairing+"/cancel")
}

func (p *Page) view(ctx context.Context, method, address string) (v View, err error) {
	status, body, err := p.Browser.do(ctx, method, address, http.Header{
		"Accept": {"application/json"}, "Sec-Fetch-Site": {"same-origin"}, "User-Agent": {UserAgent},
	})
	if err != nil {
		return v, err
	}
	if status != http.StatusOK {
		return v, &StatusError{status, body}
	}
	if err = json.Unmarshal([]byte(body), &v); err == nil {
		p.resume.Store(&v.Resume)
	}
	return v, err
}

// Finish goes where an approved page goes, and gives where it is sent from
// there. An answer that is no redirect is a *StatusError.
func (p *Page) Finish(ctx context.Context) (location string, err error) {
	status, body, err := p.Browser.do(ctx, http.MethodGet, p.Browser.origin+p.base+"/finish?pairing="+p.Pairing,
		http.Header{"Sec-Fetch-Site": {"same-origin"}})
	if err != nil {
		return "", err
	}
	if status != http.StatusSeeOther {
		return "", &StatusError{status, body}
	}
	return body, nil
}

// Get loads a page and gives its status and text, or where it redirects.
func (b *Browser) Get(ctx context.Context, path string) (status int, body string, err error) {
	return b.do(ctx, http.MethodGet, b.origin+path, nil)
}

// Post sends a form as a page of this origin does. header may add to what the
// browser says, or replace it.
func (b *Browser) Post(ctx context.Context, path string, form url.Values, header http.Header) (status int, body string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, b.origin+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	maps.Copy(request.Header, header)
	return b.send(request)
}

// PostJSON sends a script's request, as a page of this origin does.
func (b *Browser) PostJSON(ctx context.Context, path string, body any) (status int, answer []byte, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, b.origin+path, bytes.NewReader(text))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	status, said, err := b.send(request)
	return status, []byte(said), err
}
