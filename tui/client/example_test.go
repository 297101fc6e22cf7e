package client_test

import (
	"context"
	"fmt"
	"os"

	"hamconnect/tui/client"
	"hamconnect/tui/client/clienttest"
)

// enrolledFor gives an account on a server for tests; done ends it.
func enrolledFor(server *clienttest.Server) (account *client.Account, done func(), err error) {
	dir, err := os.MkdirTemp("", "ham")
	if err != nil {
		return nil, nil, err
	}
	done = func() { os.RemoveAll(dir) }
	link, err := client.Find(context.Background(), server.EnrollLink())
	if err == nil {
		account, err = client.Enroll(context.Background(), link, client.Options{Dir: dir})
	}
	return account, done, err
}

// What apps may see is listed, and taken back.
func ExampleAccount_Apps() {
	server := clienttest.New(nil)
	defer server.Close()
	account, done, err := enrolledFor(server)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer done()
	ctx := context.Background()
	_, qrText := server.Begin(clienttest.Request())
	link, err := client.Find(ctx, qrText)
	if err != nil {
		fmt.Println(err)
		return
	}
	ask, err := account.Claim(ctx, link.Code)
	if err == nil {
		_, err = account.Approve(ctx, ask, clienttest.Number, []string{"profile"})
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	apps, err := account.Apps(ctx)
	for _, app := range apps {
		fmt.Println(app.Name, "sees", app.Scopes[0].Name)
	}
	if err == nil {
		err = account.Revoke(ctx, "library")
	}
	apps, again := account.Apps(ctx)
	fmt.Println(len(apps), err, again)
	// Output:
	// Campus Library sees profile
	// 0 <nil> <nil>
}

// News comes over one connection, which is made again when it breaks: whoever
// hears of some asks for what they show.
func ExampleAccount_Listen() {
	server := clienttest.New(nil)
	defer server.Close()
	account, done, err := enrolledFor(server)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer done()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	err = account.Listen(ctx, client.Listener{
		Changed: func() {
			me, err := account.Me(ctx)
			fmt.Println(me.Nickname, "has", len(me.Notices), "notices", err)
			stop()
		},
	})
	fmt.Println(err)
	// Output:
	// Ada has 0 notices <nil>
	// context canceled
}

// A device enrols once, and from then on answers sign-ins.
func Example() {
	server := clienttest.New(nil)
	defer server.Close()
	dir, err := os.MkdirTemp("", "ham")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx, options := context.Background(), client.Options{Dir: dir}

	enrol, err := client.Find(ctx, server.EnrollLink())
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := client.Enroll(ctx, enrol, options); err != nil {
		fmt.Println(err)
		return
	}

	account, err := client.Load(options)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, qrText := server.Begin(clienttest.Request())
	link, err := client.Find(ctx, qrText)
	if err == nil {
		err = account.Check(link)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	ask, err := account.Claim(ctx, link.Code)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ask.AppName, "asks for", ask.ScopeNames(), "and goes to", ask.RedirectHost())
	status, err := account.Approve(ctx, ask, clienttest.Number, []string{"profile"})
	fmt.Println(status.State, status.Scopes, err)
	// Output:
	// Campus Library asks for [profile is_student] and goes to library.example
	// approved [profile] <nil>
}
