package tui

import (
	"context"
	"image"
	"net/url"
	"strings"
	"time"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

// Server is what the screens need of the account's server; *client.Account
// is one.
type Server interface {
	Check(link qr.Link) error
	Me(ctx context.Context) (pairing.Me, error)
	SeeNotice(ctx context.Context, id string) error
	PasskeyLink(ctx context.Context) (pairing.PasskeyLink, error)
	Claim(ctx context.Context, code string) (*client.Ask, error)
	Status(ctx context.Context, id string, after int64, wait time.Duration) (pairing.Status, error)
	ClaimTicket(ctx context.Context, ticket string) (*client.Ask, error)
	Confirm(ctx context.Context, ask *client.Ask) (pairing.Status, error)
	Approve(ctx context.Context, ask *client.Ask, number int, scopes []string) (pairing.Status, error)
	Deny(ctx context.Context, ask *client.Ask) (pairing.Status, error)
	CheckAuthorize(ctx context.Context, parameters url.Values) (*client.Ask, error)
	ApproveAuthorize(ctx context.Context, ask *client.Ask, scopes []string) (string, error)
	DenyAuthorize(ctx context.Context, ask *client.Ask) (string, error)

	Listen(ctx context.Context, l client.Listener) error
	Apps(ctx context.Context) ([]pairing.AppGrant, error)
	Revoke(ctx context.Context, clientID string) error
	Devices(ctx context.Context) ([]pairing.HamApp, error)
	RemoveDevice(ctx context.Context, id string) error
	Passkeys(ctx context.Context) ([]pairing.Passkey, error)
	RenamePasskey(ctx context.Context, id, name string) error
	RemovePasskey(ctx context.Context, id string) error
	Sessions(ctx context.Context) ([]pairing.BrowserSession, error)
	EndSession(ctx context.Context, id string) error
	Activity(ctx context.Context, cursor string) ([]pairing.Event, string, error)
	SetProfile(ctx context.Context, p pairing.Profile) error
	Picture(ctx context.Context) (image.Image, error)
	SetPicture(ctx context.Context, file []byte) error
	RemovePicture(ctx context.Context) error
	AllowRequests(ctx context.Context, allow bool) error
	AnswerRequest(ctx context.Context, id string) (*client.Ask, error)
	ReportRequest(ctx context.Context, id string) error
	Export(ctx context.Context) ([]byte, error)
	Deactivate(ctx context.Context) (time.Time, error)
	Keep(ctx context.Context) error
}

// account is who is signed in where.
type account struct {
	Server
	name string
	host string
	page string // address of the account page

	vault vault // nil in tests that have none

	me    pairing.Me     // as the server said last
	place *time.Location // in whose time moments are told
}

func newAccount(a *client.Account) *account {
	_, host, _ := strings.Cut(a.Server, "://")
	return &account{Server: a, vault: a, name: a.Name(), host: host, page: a.Server + "/account", place: time.Local}
}
