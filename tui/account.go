package tui

import (
	"context"
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
	Approve(ctx context.Context, ask *client.Ask, number int, scopes []string) (pairing.Status, error)
	Deny(ctx context.Context, ask *client.Ask) (pairing.Status, error)
	CheckAuthorize(ctx context.Context, parameters url.Values) (*client.Ask, error)
	ApproveAuthorize(ctx context.Context, ask *client.Ask, scopes []string) (string, error)
	DenyAuthorize(ctx context.Context, ask *client.Ask) (string, error)
}

// account is who is signed in where.
type account struct {
	Server
	name string
	host string
	page string // address of the account page
}

func newAccount(a *client.Account) *account {
	_, host, _ := strings.Cut(a.Server, "://")
	return &account{Server: a, name: a.Name(), host: host, page: a.Server + "/account"}
}
