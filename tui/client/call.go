package client

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"strconv"
	"syscall"
	"time"

	"hamconnect/qr/pairing"
)

const (
	jsonType    = "application/json"
	maxAnswer   = 64 << 10         // bytes of an answer's body, and of its header
	answerAfter = 15 * time.Second // an answer is complete by then, or the server counts as out of reach
)

// request is one call of the server.
type request struct {
	method, path, query string
	body                []byte
	kind                string        // media type of body
	wait                time.Duration // what the server was asked to take before it answers
	answer              string        // media type that is wanted; JSON if empty
	most                int           // bytes of the answer; maxAnswer if 0
}

// get and post do one call; the answer is nil when it has no body, else JSON.
// wait is what the server was asked to take before it answers.
func (a *Account) get(ctx context.Context, path, query string, wait time.Duration) ([]byte, error) {
	return a.call(ctx, request{method: http.MethodGet, path: path, query: query, wait: wait})
}

func (a *Account) post(ctx context.Context, path string, message any) ([]byte, error) {
	if message == nil {
		message = struct{}{}
	}
	body, err := json.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("writing a message: %w", err)
	}
	return a.send(ctx, request{method: http.MethodPost, path: path, body: body, kind: jsonType})
}

// send is call, and once more if the connection was broken.
func (a *Account) send(ctx context.Context, q request) ([]byte, error) {
	text, err := a.call(ctx, q)
	if broken(err) && !once[q.path] {
		text, err = a.call(ctx, q)
	}
	return text, err
}

// once are the calls whose second time is not answered as the first: they are
// not repeated by themselves.
var once = map[string]bool{"/app/v1/enroll": true, "/app/v1/authorize/approve": true}

// broken reports whether a connection that was there broke off, as one does
// that was kept while the server restarted.
func broken(err error) bool {
	u, ok := errors.AsType[*unreachable](err)
	return ok && (errors.Is(u.err, io.EOF) || errors.Is(u.err, syscall.ECONNRESET) || errors.Is(u.err, syscall.EPIPE))
}

func (a *Account) call(ctx context.Context, q request) ([]byte, error) {
	limited, cancel := context.WithTimeout(ctx, answerAfter+q.wait)
	defer cancel()
	target := a.Server + q.path
	now := a.now()
	key, err := a.signer()
	if err != nil {
		return nil, err
	}
	proof, err := prove(key, now, q.method, target)
	if err != nil {
		return nil, err
	}
	if q.query != "" {
		target += "?" + q.query
	}
	most, wanted := cmp.Or(q.most, maxAnswer), cmp.Or(q.answer, jsonType)
	r, err := http.NewRequestWithContext(limited, q.method, target, bytes.NewReader(q.body))
	if err != nil {
		return nil, fmt.Errorf("calling %s: %w", a.Server, err)
	}
	r.Header.Set("DPoP", proof)
	r.Header.Set("Accept", wanted)
	r.Header.Set("User-Agent", "ham")
	if a.language != "" {
		r.Header.Set("Accept-Language", a.language)
	}
	if q.body != nil {
		r.Header.Set("Content-Type", q.kind)
	}
	answer, err := a.http.Do(r)
	if err != nil {
		return nil, a.noAnswer(ctx, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, int64(most)+1))
	switch {
	case err != nil:
		return nil, a.noAnswer(ctx, err)
	case len(text) > most:
		return nil, a.odd("it is longer than %d KB", most>>10)
	case answer.StatusCode < 200 || answer.StatusCode >= 300:
		return nil, a.refused(answer, text, now)
	case answer.StatusCode == http.StatusNoContent:
		return nil, nil
	case mediaType(answer) != wanted:
		return nil, a.odd("it is not %s", wanted)
	}
	return text, nil
}

func mediaType(answer *http.Response) string {
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	return kind
}

// refused says why an answer with this status is no success. The server itself
// tells a reason; what stands before it may answer in its place.
func (a *Account) refused(answer *http.Response, text []byte, now time.Time) error {
	switch status := answer.StatusCode; {
	case status >= 300 && status < 400:
		return a.odd("it points to another place (status %d), where this app does not go", status)
	case status >= 400 && mediaType(answer) == jsonType:
		return a.failure(answer, text, now)
	case status == http.StatusTooManyRequests:
		return &Failure{Failure: pairing.Failure{Code: pairing.FailTooMany}, Status: status, RetryAfter: retryAfter(answer, now)}
	case status >= 502 && status <= 504:
		return &unreachable{a.Server, fmt.Errorf("something before it answers with status %d", status)}
	default:
		return a.odd("status %d and no reason", status)
	}
}

// longPause is the longest that a server may ask for.
const longPause = time.Hour

// retryAfter is the pause that the server wants, or 0 (RFC 9110 §10.2.3).
func retryAfter(answer *http.Response, now time.Time) time.Duration {
	value := answer.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(min(max(0, seconds), int(longPause.Seconds()))) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(0, at.Sub(now).Round(time.Second)), longPause)
	}
	return 0
}

// noAnswer tells the person's own "stop" from a server that is not there.
func (a *Account) noAnswer(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &unreachable{a.Server, plainly(err)}
}

// plainly takes off the layers that repeat the address, and keeps what happened.
func plainly(err error) error {
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return errors.New("it took too long to answer")
	}
	if unknown, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return fmt.Errorf("%w (if it is one of your own, name its file in SSL_CERT_FILE)", unknown)
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return errors.New(dns.Err)
	}
	if inner, ok := errors.AsType[*os.SyscallError](err); ok {
		return inner.Err
	}
	if inner, ok := errors.AsType[*url.Error](err); ok {
		return inner.Err
	}
	return err
}

func (a *Account) odd(format string, args ...any) error {
	return &AnswerError{Server: a.Server, Reason: fmt.Sprintf(format, args...)}
}

// failure turns the body of a refusal into a *Failure.
func (a *Account) failure(answer *http.Response, text []byte, now time.Time) error {
	body, _, err := decode[pairing.Failure](a, text)
	if err != nil {
		return err
	}
	f := &Failure{Failure: body, Status: answer.StatusCode}
	if !knownFailure(f.Code) || f.State != "" && !knownState(f.State) {
		return a.odd("it refuses for a reason that this app does not know; a newer app may")
	}
	switch f.Code {
	case pairing.FailClock:
		f.Skew = now.Truncate(time.Second).Sub(time.Unix(f.ServerTime, 0))
	case pairing.FailTooMany:
		f.RetryAfter = retryAfter(answer, now)
	case pairing.FailNumber:
		f.TriesLeft = min(max(0, f.TriesLeft), pairing.MaxTries)
	default:
	}
	return f
}

// decode is the one place where an answer becomes values. The first is for
// display; the second is as it came, and serves for digests only.
func decode[T any](a *Account, text []byte) (cleaned, raw T, err error) {
	if err := json.Unmarshal(text, &raw); err != nil {
		return cleaned, raw, a.odd("it is not the JSON that was asked for")
	}
	if err := json.Unmarshal(text, &cleaned); err != nil {
		return cleaned, raw, a.odd("it is not the JSON that was asked for")
	}
	cleanAll(reflect.ValueOf(&cleaned))
	return cleaned, raw, nil
}

func knownFailure(c pairing.FailureCode) bool {
	switch c {
	case pairing.FailRequest, pairing.FailProof, pairing.FailClock, pairing.FailNotSignedIn,
		pairing.FailUserDisabled, pairing.FailUserLeaving, pairing.FailNoPasskeys, pairing.FailClient, pairing.FailNotFound, pairing.FailClaimed,
		pairing.FailState, pairing.FailNumber, pairing.FailDigest, pairing.FailConfirm, pairing.FailSealing, pairing.FailScopes, pairing.FailName, pairing.FailPicture, pairing.FailLastWayIn,
		pairing.FailTooMany, pairing.FailTooOften, pairing.FailServer:
		return true
	}
	return false
}

func knownState(s pairing.State) bool {
	switch s {
	case pairing.Waiting, pairing.Claimed, pairing.Approved, pairing.Denied,
		pairing.Expired, pairing.Cancelled, pairing.Finished:
		return true
	}
	return false
}
