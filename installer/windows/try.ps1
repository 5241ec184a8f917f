# On Windows itself: installs, upgrades and removes both packages for Windows Installer, and the service. The
# workflow for releases runs this; it changes the machine it runs on, so run it on one that is thrown away.
#
#   installer/windows/try.ps1 -Packages FOLDER -Newer FOLDER
#
# What scripts/windows/*.sh cannot see under Wine is looked at here: the account of the service, and that it
# survives an upgrade. Not yet run by whoever wrote it: there was no Windows.

param(
    [Parameter(Mandatory)] [string] $Packages,
    [Parameter(Mandatory)] [string] $Newer
)
$ErrorActionPreference = 'Stop'

function Check([string] $sentence, [bool] $so) {
    if (-not $so) { throw "Not so: $sentence" }
    Write-Host "ok      $sentence"
}

function Install([string[]] $words, [int] $wanted = 0) {
    $done = Start-Process msiexec -ArgumentList $words -Wait -PassThru
    Check "msiexec $words ends with $wanted, and not $($done.ExitCode)" ($done.ExitCode -eq $wanted)
}

function Find([string] $folder, [string] $suffix) {
    $found = Get-ChildItem $folder -Filter "duo-integrator-*-x64$suffix.msi"
    Check "there is one package in $folder for '$suffix'" (@($found).Count -eq 1)
    $found.FullName
}

$run = 'Software\Microsoft\Windows\CurrentVersion\Run'
foreach ($kind in @(
        @{ Suffix = ''; Root = 'HKLM:'; Folder = "$env:ProgramFiles\Duo Security Integrator" },
        @{ Suffix = '-user'; Root = 'HKCU:'; Folder = "$env:LOCALAPPDATA\Programs\Duo Security Integrator" })) {
    $old = Find $Packages $kind.Suffix
    $new = Find $Newer $kind.Suffix
    $program = Join-Path $kind.Folder 'duo-integrator.exe'
    $runs = { $null -ne (Get-ItemProperty "$($kind.Root)\$run" -Name 'Duo Security Integrator' -ErrorAction SilentlyContinue) }

    Install '/i', "`"$old`"", '/qn', 'STARTATLOGIN=1'
    Check 'the program is there' (Test-Path $program)
    & $program --version
    Check 'it runs' ($LASTEXITCODE -eq 0)
    Check 'it starts at login, as asked' (& $runs)

    if ($kind.Suffix -eq '') {
        & $program service install
        Check 'the service can be installed' ($LASTEXITCODE -eq 0)
        & $program service start
        Check 'and started' ($LASTEXITCODE -eq 0)
        $service = Get-CimInstance Win32_Service -Filter "Name = 'duo-integrator'"
        Check 'it runs as LocalService' ($service.StartName -eq 'NT AUTHORITY\LocalService')
        $others = (Get-Acl "$env:ProgramData\duo-integrator").Access.IdentityReference.Value -match 'Users|Everyone'
        Check 'its home is closed to others' (-not $others)
    }

    Install '/i', "`"$new`"", '/qn'
    Check 'the upgrade leaves the program' (Test-Path $program)
    Check 'it still starts at login' (& $runs)
    if ($kind.Suffix -eq '') {
        Check 'the service runs again' ((Get-Service duo-integrator).Status -eq 'Running')
    }
    # ERROR_INSTALL_FAILURE: a newer version is there.
    Install '/i', "`"$old`"", '/qn' -wanted 1603

    Install '/x', "`"$new`"", '/qn'
    Check 'the program is gone' (-not (Test-Path $program))
    Check 'nothing starts at login any more' (-not (& $runs))
    if ($kind.Suffix -eq '') {
        Check 'the service is gone' ($null -eq (Get-Service duo-integrator -ErrorAction SilentlyContinue))
        Check 'what it collected is still there' (Test-Path "$env:ProgramData\duo-integrator\state")
    }
}
Write-Host 'The packages do what they should'
