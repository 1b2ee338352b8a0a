# Runs script.ps1 beside this file: the payload comes by standard input, the last thing that the script puts out is the answer.
$ErrorActionPreference = 'Stop'
$env:InputPayload = [Console]::In.ReadToEnd()

function Send-Answer($Answer) {
    $json = ConvertTo-Json -InputObject $Answer -Depth 50 -Compress
    [IO.File]::WriteAllText((Join-Path $PSScriptRoot '.answer.json'), $json)
}

try {
    $last = & (Join-Path $PSScriptRoot 'script.ps1') | Select-Object -Last 1
    if ($last -is [string] -and $last -match '^\s*[\[{]') {
        # Scripts often end with ConvertTo-Json themselves.
        try { $last = ConvertFrom-Json -InputObject $last -NoEnumerate } catch { }
    }
    Send-Answer @{ returned = $last }
} catch {
    [Console]::Error.WriteLine(($_ | Out-String))
    $kind = if ($_.Exception -is [Management.Automation.ParseException]) { 'syntax' } else { 'raised' }
    $type = $_.Exception.GetType().Name
    Send-Answer @{ failed = @{
        kind    = $kind
        type    = $type
        message = "$type - $($_.Exception.Message)"
        line    = $_.InvocationInfo.ScriptLineNumber
    } }
    exit 1
}
