package clientauth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

const formType = "application/x-www-form-urlencoded"

// Form holds parameters of which each came at most once.
type Form url.Values

// Get gives a parameter, empty if there is none.
func (f Form) Get(name string) string { return url.Values(f).Get(name) }

var errQuery = Invalid("Parameters belong in the body, never in the URL, where they would be logged")

// ReadForm reads a form body. The routes bound its size.
func ReadForm(r *http.Request) (Form, error) {
	if r.URL.RawQuery != "" {
		return nil, errQuery
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != formType {
		return nil, Invalid("The body must be " + formType)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, Invalid("The body is too long, or broke off")
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, Invalid("The body is not properly form-encoded")
	}
	for name, all := range values {
		if len(all) > 1 {
			return nil, twice(name)
		}
	}
	return Form(values), nil
}

func twice(name string) error {
	return Invalid("The parameter " + printable(name) + " is given more than once")
}

// ReadObject reads a body that is one JSON object of strings, or of what more
// knows by name: numbers, lists and objects are refused, and so is a name that
// comes twice. null counts as left out.
func ReadObject(r *http.Request, more map[string]any) (Form, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, Invalid("The body is too long, or broke off")
	}
	in := json.NewDecoder(bytes.NewReader(body))
	form := Form{}
	if first, err := in.Token(); err != nil || first != json.Delim('{') {
		return nil, Invalid("The body must be a JSON object")
	}
	seen := map[string]bool{}
	for in.More() {
		token, err := in.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return nil, Invalid("The body is not proper JSON")
		}
		if seen[name] {
			return nil, twice(name)
		}
		seen[name] = true
		var text *string
		into, known := more[name]
		if !known {
			into = &text
		}
		var wrong *json.UnmarshalTypeError
		if err := in.Decode(into); errors.As(err, &wrong) {
			return nil, Invalid("The parameter " + printable(name) + " is of the wrong type")
		} else if err != nil {
			return nil, Invalid("The body is not proper JSON")
		}
		if text != nil {
			form[name] = []string{*text}
		}
	}
	if _, err := in.Token(); err != nil {
		return nil, Invalid("The body is not proper JSON")
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return nil, Invalid("The body holds more than one JSON object")
	}
	return form, nil
}

// ReadFormOrObject reads a body of either kind.
func ReadFormOrObject(r *http.Request) (Form, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" && kind != formType {
		return nil, Invalid("The body must be application/x-www-form-urlencoded or application/json")
	}
	if kind == formType {
		return ReadForm(r)
	}
	if r.URL.RawQuery != "" {
		return nil, errQuery
	}
	return ReadObject(r, nil)
}

// WriteJSON writes an answer of an endpoint that apps' servers call. Nothing
// keeps it (RFC 6749 §5.1).
func WriteJSON(w http.ResponseWriter, status int, answer any) error {
	body, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("encoding the answer: %w", err)
	}
	NoStore(w)
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // a client that has gone needs no answer
	return nil
}

// WantsForm reports whether the client would rather have the answer
// form-encoded.
func WantsForm(r *http.Request) bool {
	form := false
	for _, line := range r.Header.Values("Accept") {
		for part := range strings.SplitSeq(line, ",") {
			kind, parameters, err := mime.ParseMediaType(part)
			if err != nil || strings.Trim(parameters["q"], "0.") == "" && parameters["q"] != "" {
				continue
			}
			switch kind {
			case "application/json":
				return false
			case formType:
				form = true
			}
		}
	}
	return form
}

// WriteForm is WriteJSON for such a client.
func WriteForm(w http.ResponseWriter, status int, answer url.Values) error {
	NoStore(w)
	w.Header().Set("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, answer.Encode()) //nolint:gosec // percent-encoded, and no page
	return nil
}

// NoStore forbids everybody on the way to keep the answer.
func NoStore(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
}

// printable is a name from outside as it may stand in an error_description
// (RFC 6749 §5.2 allows no others).
func printable(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, name)
	return name[:min(len(name), 40)]
}
