package client_test

import (
	"context"
	"fmt"
	"os"

	"hamconnect/tui/client"
	"hamconnect/tui/client/clienttest"
)

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
