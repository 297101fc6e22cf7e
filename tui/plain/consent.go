package plain

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
	"hamconnect/tui/internal/rules"
)

// errOver: the request ended by itself, and that was told.
var errOver = errors.New("it is over")

// consent is a request before the person.
type consent struct {
	*session
	ask    *client.Ask
	status pairing.Status
	until  time.Time // when the pairing expires
	off    []bool    // scopes that are left out, by their place in ask.Scopes
	number int       // that was typed last

	answered bool               // the server has approved it
	stop     context.CancelFunc // of the watch
}

// refuse is what refuses at once, at every step.
const refuse = "r"

// The steps of a consent; b goes to the one before.
const (
	scopesStep = iota
	numberStep
	answerStep
)

// consent tells what is asked, takes what is left out, the number and the
// answer. Who leaves approves nothing: the claim runs out.
func (s *session) consent(ask *client.Ask) error {
	off := make([]bool, len(ask.Scopes))
	for i, scope := range ask.Scopes { // what was left out before is not given by one Enter
		off[i] = scope.LeftOut
	}
	return s.consentWithout(ask, off)
}

func (s *session) consentWithout(ask *client.Ask, off []bool) error {
	s.aside = nil // it may be the very one
	c := &consent{session: s, ask: ask, off: off}
	c.hear(ask.Status)
	s.explain = "consent.help"
	c.describe()
	var ctx context.Context
	ctx, c.stop = context.WithCancel(s.ctx)
	if ask.IsPairing() {
		go c.watch(ctx, s.account.server)
	}
	err := c.steps()
	if !c.answered { // after an approval the browser's going on is told
		c.stop()
	}
	if errors.Is(err, errOver) {
		return nil
	}
	return err
}

func (c *consent) steps() error {
	step := scopesStep
	for by := 1; ; {
		var err error
		switch {
		case step < scopesStep:
			c.farewell()
			return nil
		case step == scopesStep && len(c.off) == 0, step == numberStep && (!c.ask.IsPairing() || c.ask.IsTicket()):
			step += by // there is nothing to ask
			continue
		case step == scopesStep:
			err = c.chooseScopes()
		case step == numberStep:
			err = c.takeNumber()
		default:
			err = c.answer()
		}
		switch {
		case err == nil:
			by = 1
		case errors.Is(err, errBack):
			by = -1
		case errors.Is(err, errAgain):
			step, by = numberStep, 0
		case errors.Is(err, errUnheard):
			by = 0
		default:
			return err
		}
		step += by
	}
}

// chooseScopes has scopes switched by their numbers.
func (c *consent) chooseScopes() error {
	for {
		text, err := c.session.ask(func() string { return c.get("consent.switch", c.given()) })
		switch {
		case err != nil:
			return err
		case text == "":
			return nil
		case c.isRefusal(text):
			return c.decide(false)
		}
		numbers := strings.FieldsFunc(short(text), func(r rune) bool { return r == ' ' || r == ',' || r == '、' })
		for _, word := range numbers {
			n, err := strconv.Atoi(word)
			if err != nil || n < 1 || n > len(c.off) {
				c.say("ask.none", len(c.off))
				continue
			}
			c.off[n-1] = !c.off[n-1]
			c.say(c.state("consent.now", n-1), c.ask.Scopes[n-1].Title)
		}
	}
}

func (c *consent) takeNumber() error {
	for {
		text, err := c.session.ask(func() string { return c.get("consent.number", c.left()) })
		switch {
		case err != nil:
			return err
		case c.isRefusal(text):
			return c.decide(false)
		}
		if n, ok := rules.Number(short(text)); ok {
			c.number = n
			return nil
		}
		if text != "" {
			c.say("consent.two_digits")
		}
	}
}

// answer asks for the yes or no itself.
func (c *consent) answer() error {
	approve := c.get("consent.approve", c.given())
	if c.ask.IsSignIn() {
		approve = c.get("consent.approve_sign_in")
	}
	title := ""
	if c.ask.IsPairing() {
		title = c.get("consent.left", c.left())
	}
	n, err := c.chooseOr(refuse, title, []string{approve, c.get("consent.refuse")})
	if err == nil && n == 0 && c.ask.IsTicket() {
		return c.again()
	}
	if err != nil {
		return err
	}
	return c.decide(n == 0)
}

// again asks a second time about a browser that shows no number, and takes
// another answer than the first time: the same one twice is no second yes.
func (c *consent) again() error {
	c.say("consent.no_number", c.ask.Browser.Name, c.ask.Browser.Address, c.since())
	for {
		text, err := c.session.ask(func() string { return c.get("consent.sure") })
		switch {
		case err != nil:
			return err
		case c.isRefusal(text):
			return c.decide(false)
		case short(text) == "y":
			return c.decide(true)
		}
	}
}

// since is when the browser of a ticket began to ask.
func (c *consent) since() string { return c.ask.Since.In(c.now().Location()).Format("15:04:05") }

func (c *consent) isRefusal(text string) bool { return short(text) == refuse }
