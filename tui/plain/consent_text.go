package plain

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"hamconnect/tui/client"
	"hamconnect/tui/internal/wrapping"
)

// title is the app's name, or that a browser is to be signed in.
func (c *consent) title() string { return c.titleOf(c.ask) }

func (s *session) titleOf(ask *client.Ask) string {
	if ask.IsSignIn() {
		return s.get("consent.sign_in")
	}
	return ask.AppName
}

// describe tells all that is asked, the most important first.
func (c *consent) describe() {
	if c.ask.IsSignIn() {
		c.say("consent.asks_sign_in", c.account.name)
	} else {
		c.say("consent.asks", c.ask.AppName, c.account.name)
		host := c.ask.RedirectHost()
		c.say("consent.host", host)
		if client.LooksAlike(host) {
			c.say("consent.alike")
		}
	}
	if b := c.ask.Browser; b != nil {
		c.say("consent.browser", b.Name, b.Address)
		if c.ask.IsTicket() {
			c.say("consent.since", c.since())
		}
	} else if !c.ask.IsPairing() {
		c.say("consent.from_link")
	}
	if icon := c.ask.IconHost(); icon != "" {
		c.say("consent.icon", icon)
	}
	if c.status.Contested > 0 {
		c.say("consent.contested")
	}
	if c.ask.IsPairing() {
		c.say("consent.left", c.left())
	}
	if c.ask.IsSignIn() {
		c.say("consent.whole_account")
		return
	}
	if len(c.ask.Scopes) > 0 {
		c.say("consent.sees")
	}
	for i := range c.ask.Scopes {
		c.sayAll(sentences(strconv.Itoa(i+1)+". "+c.scope(i), c.get(c.state("consent.will", i))))
	}
	if c.ask.Username != "" {
		c.say("consent.username", c.ask.Username)
	} else {
		c.say("consent.id")
	}
}

// scope tells one thing that is asked: with the very values where they are
// known, and what the person did with it before.
func (c *consent) scope(i int) string {
	scope := c.ask.Scopes[i]
	text := scope.Title
	if len(scope.Values) > 0 {
		text += ": " + strings.Join(scope.Values, ", ")
	}
	reveals := ""
	if scope.Reveals != "" {
		reveals = c.end(scope.Reveals)
	}
	before := "consent.new"
	switch {
	case scope.LeftOut:
		before = "consent.left_out"
	case scope.Given:
		before = "consent.given"
	}
	return sentences(c.end(text), reveals, c.get(before))
}

// end makes of a text from outside a sentence.
func (s *session) end(text string) string {
	if strings.HasSuffix(text, ".") || strings.HasSuffix(text, "。") {
		return text
	}
	return text + s.get("ask.stop")
}

// sentences puts those that are there behind one another; the full stop of
// Chinese and Japanese has its space in itself.
func sentences(all ...string) (text string) {
	for _, s := range all {
		if last, _ := utf8.DecodeLastRuneInString(text); text != "" && s != "" && !wrapping.IsWide(last) {
			text += " "
		}
		text += s
	}
	return text
}

// state is the key that says whether a scope is given.
func (c *consent) state(key string, i int) string {
	if c.off[i] {
		return key + "_off"
	}
	return key + "_on"
}

// ticked gives the names of the scopes that are given; none is not nil.
func (c *consent) ticked() []string {
	names := []string{}
	for i, name := range c.ask.ScopeNames() {
		if !c.off[i] {
			names = append(names, name)
		}
	}
	return names
}

// given tells what the app gets to see as things are switched now.
func (c *consent) given() string { return c.sees(c.ticked()) }

func (c *consent) sees(scopes []string) string {
	var titles []string
	for _, name := range scopes {
		for _, scope := range c.ask.Scopes {
			if scope.Name == name {
				titles = append(titles, scope.Title)
			}
		}
	}
	switch {
	case titles == nil && c.ask.Username != "":
		return c.get("consent.only_username")
	case titles == nil:
		return c.get("consent.only_id")
	}
	return strings.Join(titles, c.get("consent.and"))
}
