package plain

import "hamconnect/tui/client"

// kept is an account of this device; of a damaged one nothing is known but its
// folder.
type kept struct {
	handle, device, folder string
	sealed                 bool // with a passphrase
	damaged                error
}

func accountsOf(o client.Options) (all []kept, err error) {
	there, err := client.Accounts(o)
	for _, k := range there {
		all = append(all, kept{k.Handle(), k.DeviceName, k.Folder(), k.Damaged == nil && k.Sealing() == client.Passphrase, k.Damaged})
	}
	return all, err
}

// use is by the folder: devices of two servers may have the same id. One that is
// sealed with a passphrase comes locked, and run asks for it.
func use(o client.Options, folder string) (*account, error) {
	a, err := client.Use(o, folder)
	if err == nil && a.Sealing() == client.Keyring {
		err = a.Unlock("")
	}
	if err != nil {
		return nil, err
	}
	return newAccount(a), nil
}

// switchAccount goes on with another account of this device, or a new one, which
// is from now on the one in use.
func (s *session) switchAccount() error {
	s.explain = "accounts.help"
	all, err := s.accounts()
	if err != nil {
		return s.fails("menu.accounts", err)
	}
	items := make([]string, len(all), len(all)+1)
	for i, k := range all {
		switch {
		case k.damaged != nil:
			items[i] = s.get("accounts.damaged", k.folder)
		case k.folder == s.account.folder:
			items[i] = s.get("accounts.here", k.handle, k.device)
		default:
			items[i] = s.get("accounts.line", k.handle, k.device)
		}
	}
	items = append(items, s.get("accounts.add"))
	n, err := s.choose(s.get("accounts.title"), items)
	if err != nil {
		return err
	}
	if n == len(all) {
		return s.addAccount()
	}
	switch k := all[n]; {
	case k.damaged != nil:
		return s.failsAs(s.get("menu.accounts"), k.damaged)
	case k.sealed && k.folder == s.account.folder:
		return nil // read anew it would be locked; and if it is, run asks for its passphrase
	}
	a, err := s.use(all[n].folder)
	if err != nil {
		return s.fails("menu.accounts", err)
	}
	s.become(a)
	return nil
}
