package picture

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
)

func (f *Fetcher) newClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  nil, // a proxy would connect where we cannot check
			DialContext:            f.dial,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: f.config.RootCAs},
			DisableKeepAlives:      true,
			DisableCompression:     true,
			MaxResponseHeaderBytes: maxHeader,
		},
		CheckRedirect: f.checkRedirect,
	}
}

func (f *Fetcher) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrRefused, address)
	}
	dialer := net.Dialer{Timeout: dialTimeout, Resolver: f.config.Resolver, Control: f.control(host)}
	return dialer.DialContext(ctx, network, address)
}

func (f *Fetcher) checkRedirect(r *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("%w: more than %d redirects", ErrRefused, maxRedirects)
	}
	if _, err := f.check(r.URL.String()); err != nil {
		return err
	}
	if f.mayLoopback(r.URL.Hostname()) && !f.mayLoopback(via[0].URL.Hostname()) {
		return fmt.Errorf("%w: a redirect to this machine", ErrRefused)
	}
	r.Header.Del("Referer")
	return nil
}

// download gives the body of the answer, at most maxBytes.
func (f *Fetcher) download(ctx context.Context, u *url.URL) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	r.Header.Set("Accept", "image/png, image/jpeg, image/webp, image/gif")
	r.Header.Set("User-Agent", "HamConnect")
	answer, err := f.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("fetching a picture: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetching a picture: the answer is %s", answer.Status)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("fetching a picture: %w", err)
	}
	if len(body) > maxBytes {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrUnsupported, maxBytes)
	}
	return body, nil
}
