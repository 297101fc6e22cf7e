package client

import (
	"context"
	"net/url"

	"hamconnect/qr/pairing"
)

// maxItems of one list that is asked for page by page. A server that says that
// there is always more is not followed for ever.
const maxItems = 20_000

// maxID is the longest id of a thing in a list, in bytes: that of a passkey, of
// up to 1023 bytes (WebAuthn Level 3 §4), in base64url.
const maxID = 1364

// Apps lists the third-party apps that know the person, by name.
func (a *Account) Apps(ctx context.Context) ([]pairing.AppGrant, error) {
	return all(ctx, a, "/app/v1/apps", func(g *pairing.AppGrant) *string { return &g.ClientID })
}

// Devices lists the Ham apps that are signed in, oldest first.
func (a *Account) Devices(ctx context.Context) ([]pairing.HamApp, error) {
	return all(ctx, a, "/app/v1/devices", func(d *pairing.HamApp) *string { return &d.ID })
}

// Passkeys lists the person's passkeys, oldest first.
func (a *Account) Passkeys(ctx context.Context) ([]pairing.Passkey, error) {
	return all(ctx, a, "/app/v1/passkeys", func(k *pairing.Passkey) *string { return &k.ID })
}

// Sessions lists the browsers that are signed in, the latest used first.
func (a *Account) Sessions(ctx context.Context) ([]pairing.BrowserSession, error) {
	return all(ctx, a, "/app/v1/sessions", func(s *pairing.BrowserSession) *string { return &s.ID })
}

// Activity gives a part of what happened, latest first: that after the cursor
// next of the part before, the latest at first. next is empty at the end.
func (a *Account) Activity(ctx context.Context, cursor string) (events []pairing.Event, next string, err error) {
	return page(ctx, a, "/app/v1/activity", cursor, func(e *pairing.Event) *string { return &e.ID })
}

// all asks for page after page.
func all[T any](ctx context.Context, a *Account, path string, id func(*T) *string) ([]T, error) {
	items := []T{}
	for cursor := ""; ; {
		more, next, err := page(ctx, a, path, cursor, id)
		if err != nil {
			return nil, err
		}
		items = append(items, more...)
		switch {
		case next == "":
			return items, nil
		case len(more) == 0, len(items) > maxItems:
			return nil, a.odd("its list does not end")
		}
		cursor = next
	}
}

// page asks for one. What cannot be named by its id could never be acted upon,
// so that a server which sends such a thing is not believed at all.
func page[T any](ctx context.Context, a *Account, path, cursor string, id func(*T) *string) ([]T, string, error) {
	query := ""
	if cursor != "" {
		query = "after=" + url.QueryEscape(cursor)
	}
	text, err := a.get(ctx, path, query, 0)
	if err != nil {
		return nil, "", err
	}
	cleaned, raw, err := decode[pairing.Page[T]](a, text)
	if err != nil {
		return nil, "", err
	}
	seen := make(map[string]bool, len(raw.Items))
	for i := range raw.Items {
		name := *id(&raw.Items[i])
		if name == "" || len(name) > maxID || !isPlain(name) || seen[name] {
			return nil, "", a.odd("something in its list has no proper id")
		}
		seen[name] = true
		*id(&cleaned.Items[i]) = name // which a cleaned text may be too short for
	}
	if raw.Next == cursor && cursor != "" {
		return nil, "", a.odd("its list does not end")
	}
	return cleaned.Items, raw.Next, nil
}
