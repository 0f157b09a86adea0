package main

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/mgr"

	"kofu/internal/fault"
	"kofu/internal/program"
)

const serviceName = "Kofu"

// service runs, installs or removes the Windows service.
func (m *Main) service(ctx context.Context, args []string) error {
	verb := ""
	if len(args) > 0 {
		verb, args = args[0], args[1:]
	}
	switch verb {
	case "run":
		return svc.Run(serviceName, &service{ctx: ctx, main: m, args: args})
	case "install":
		return installService(args)
	case "uninstall":
		return uninstallService()
	}
	return program.Usage("app.unknown_command", "program", "kofu", "command", "service "+verb)
}

// service is `kofu serve` as the service manager sees it.
type service struct {
	ctx  context.Context
	main *Main
	args []string
}

// Execute implements svc.Handler.
func (s *service) Execute(_ []string, requests <-chan svc.ChangeRequest, status chan<- svc.Status) (bool, uint32) {
	status <- svc.Status{State: svc.StartPending, WaitHint: 60_000}
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	config, err := s.main.config(s.args)
	if err != nil {
		return false, program.BadUsage
	}
	running, err := s.main.start(ctx, config)
	if err != nil {
		return false, program.Failed
	}
	ended := make(chan error, 1)
	go func() { ended <- running.waitAndStop(ctx) }()
	current := svc.Status{State: svc.Running, Accepts: svc.AcceptStop | svc.AcceptShutdown}
	status <- current
	for {
		select {
		case err := <-ended:
			if err != nil {
				return false, program.Failed
			}
			return false, program.OK
		case r := <-requests:
			switch r.Cmd {
			case svc.Interrogate:
				status <- current
			case svc.Stop, svc.Shutdown:
				current = svc.Status{State: svc.StopPending, WaitHint: 15_000}
				status <- current
				cancel()
			}
		}
	}
}

// installService registers this program with the service manager: started with
// the machine, under LocalService, and again 5 s after a crash.
func installService(args []string) (err error) {
	defer fault.Add(&err, "installService")
	program, err := os.Executable()
	if err != nil {
		return err
	}
	manager, err := mgr.Connect()
	if err != nil {
		return fault.New(fault.Forbidden, "app.need_administrator").Because(err)
	}
	defer func() { err = errors.Join(err, manager.Disconnect()) }()
	s, err := manager.CreateService(serviceName, program, mgr.Config{
		DisplayName: serviceName, StartType: mgr.StartAutomatic, ServiceStartName: `NT AUTHORITY\LocalService`,
	}, append([]string{"service", "run"}, args...)...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	again := mgr.RecoveryAction{Type: mgr.ServiceRestart, Delay: 5 * time.Second}
	return s.SetRecoveryActions([]mgr.RecoveryAction{again, again, again}, 24*60*60)
}

// uninstallService stops the service and takes it out. The data stays.
func uninstallService() (err error) {
	defer fault.Add(&err, "uninstallService")
	manager, err := mgr.Connect()
	if err != nil {
		return fault.New(fault.Forbidden, "app.need_administrator").Because(err)
	}
	defer func() { err = errors.Join(err, manager.Disconnect()) }()
	s, err := manager.OpenService(serviceName)
	if err != nil {
		return fault.New(fault.NotFound, "app.no_such_service").Because(err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	_, _ = s.Control(svc.Stop) // fails when it does not run, which is as good
	return s.Delete()
}
