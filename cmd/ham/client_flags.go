package main

import (
	"context"
	"strings"

	"github.com/spf13/pflag"

	"hamconnect/server"
)

// clientFlags are what a registration says.
type clientFlags struct {
	dialect string

	name, icon, homepage, scope string
	requirePKCE                 bool

	// of the ham dialect
	redirectURIs   []string
	userinfo       string
	redirectErrors bool

	// of the openmaster dialect
	callback                       string
	implicit, password, queryToken bool
}

func (c *clientFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&c.name, "name", "", "what people see, at most 64 characters")
	flags.StringVar(&c.scope, "scope", "", "what it may ask for, separated by commas (default: what the dialect has by itself, without mcp, mcp:read and mcp:write); \"\" for nothing but an id")
	flags.StringVar(&c.icon, "icon-url", "", "address of its picture (PNG, JPEG, GIF or WebP)")
	flags.StringVar(&c.homepage, "homepage", "", "address of its own page")
	flags.BoolVar(&c.requirePKCE, "require-pkce", false, "refuse authorization requests without a PKCE code_challenge")

	flags.StringArrayVar(&c.redirectURIs, "redirect-uri", nil, "ham: where people are sent back to, character by character; may be given several times")
	flags.StringVar(&c.userinfo, "userinfo", string(server.UserinfoBoth), "ham: what userinfo wants: both (token and client credentials) or bearer (the token alone)")
	flags.BoolVar(&c.redirectErrors, "redirect-errors", false, "ham: send refusals and errors to the redirect URI (RFC 6749 §4.1.2.1) instead of showing a page")

	flags.StringVar(&c.callback, "callback", "", "openmaster: where people are sent back to, or to what lies below it")
	flags.BoolVar(&c.implicit, "allow-implicit", false, "openmaster: allow response_type=token; RFC 9700 advises against it")
	flags.BoolVar(&c.password, "allow-password", false, "openmaster: allow grant_type=password; RFC 9700 advises against it")
	flags.BoolVar(&c.queryToken, "allow-query-token", false, "openmaster: allow ?access_token= at /user; RFC 9700 advises against it")
}

// ofDialect are the flags that only one dialect has.
var ofDialect = map[server.Dialect][]string{
	server.Ham:        {"redirect-uri", "userinfo", "redirect-errors"},
	server.OpenMaster: {"callback", "allow-implicit", "allow-password", "allow-query-token"},
}

// fitDialect refuses flags of another dialect than the client's, and dialects
// that there are none of.
func fitDialect(d server.Dialect, given func(flag string) bool) error {
	if ofDialect[d] == nil {
		return usagef("--dialect %q is neither ham nor openmaster", d)
	}
	for other, flags := range ofDialect {
		for _, flag := range flags {
			if other != d && given(flag) {
				return usagef("--%s is for apps of the %s dialect, and this one speaks %s, which has --%s", flag, other, d, strings.Join(ofDialect[d], ", --"))
			}
		}
	}
	return nil
}

// fresh gives the client that the flags describe. What can be said without the
// database is checked.
func (c *clientFlags) fresh(given func(flag string) bool) (server.Client, error) {
	to := server.Client{Dialect: server.Dialect(c.dialect), UserinfoAuth: server.UserinfoBoth, Scopes: server.HamScopes()}
	if err := fitDialect(to.Dialect, given); err != nil && !given("dialect") {
		return to, usagef("%w; for the other dialect add --dialect %s", err, server.OpenMaster)
	} else if err != nil {
		return to, err
	}
	switch to.Dialect {
	case server.OpenMaster:
		to.Scopes = server.OpenMasterScopes()
		if c.name == "" || c.callback == "" {
			return to, usagef("give --name and --callback")
		}
	case server.Ham:
		if c.name == "" || len(c.redirectURIs) == 0 {
			return to, usagef("give --name and at least one --redirect-uri")
		}
	}
	if given("scope") && to.Dialect == server.Ham {
		scopes, err := server.ParseScopes(c.scope)
		if err != nil {
			return to, &usageError{err}
		}
		to.Scopes = scopes
	}
	if !given("scope") {
		c.scope = strings.Join(to.Scopes, ",")
	}
	return to, c.apply(&to, given)
}

// scopes reads --scope, which may name what the operator has defined.
func (c *clientFlags) scopes(ctx context.Context, a *server.Admin, to *server.Client) (err error) {
	if to.Dialect == server.OpenMaster {
		to.Scopes, err = a.ParseScopes(ctx, c.scope)
	} else {
		to.Scopes, err = server.ParseScopes(c.scope)
	}
	if err != nil {
		return &usageError{err}
	}
	return nil
}

// apply writes the flags that were given, except --scope, into a client.
func (c *clientFlags) apply(to *server.Client, given func(flag string) bool) error {
	if err := fitDialect(to.Dialect, given); err != nil {
		return err
	}
	for flag, set := range map[string]func(){
		"name":              func() { to.Name = c.name },
		"redirect-uri":      func() { to.RedirectURIs = c.redirectURIs },
		"callback":          func() { to.RedirectURIs = []string{c.callback} },
		"icon-url":          func() { to.IconURL = c.icon },
		"homepage":          func() { to.Homepage = c.homepage },
		"userinfo":          func() { to.UserinfoAuth = server.UserinfoAuth(c.userinfo) },
		"redirect-errors":   func() { to.RedirectErrors = c.redirectErrors },
		"require-pkce":      func() { to.RequirePKCE = c.requirePKCE },
		"allow-implicit":    func() { to.Implicit = c.implicit },
		"allow-password":    func() { to.Password = c.password },
		"allow-query-token": func() { to.QueryToken = c.queryToken },
	} {
		if given(flag) {
			set()
		}
	}
	if err := to.Validate(); err != nil {
		return &usageError{err}
	}
	return nil
}
