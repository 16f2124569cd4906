# shellcheck shell=bash disable=SC2154,SC2034
# For the end-to-end test of job arrays, to be sourced after check.sh: SLURM's own daemons in a configuration of this test, or where they
# are not installed or do not start, a program `sbatch` that runs the tasks of an array one by one.

slurm_missing=
for program in slurmctld slurmd sbatch squeue scancel; do
    PATH=$PATH:/usr/sbin:/sbin command -v $program >/dev/null || slurm_missing="$slurm_missing $program"
done

# slurm_start FOLDER: starts the daemons and waits until the node is ready; fails with the reason in $slurm_problem
slurm_start() {
    local folder=$1 name port
    if [ -n "${SEMILUNA_TEST_NO_SLURM:-}" ]; then
        slurm_problem='SEMILUNA_TEST_NO_SLURM is set'
        return 1
    elif [ -n "$slurm_missing" ]; then
        slurm_problem="not installed:$slurm_missing"
        return 1
    fi
    name=$(hostname -s)
    port=$((20000 + $$ % 20000))
    mkdir -p "$folder/state" "$folder/spool"
    cat >"$folder/slurm.conf" <<END
ClusterName=test
SlurmctldHost=$name(127.0.0.1)
AuthType=auth/none
CredType=cred/none
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,batch_sched_delay=0
ReturnToService=2
PlugStackConfig=/dev/null
NodeName=$name NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
    export SLURM_CONF=$folder/slurm.conf
    PATH=$PATH:/usr/sbin:/sbin slurmctld -D >"$folder/slurmctld.out" 2>&1 &
    slurmctld_pid=$!
    PATH=$PATH:/usr/sbin:/sbin slurmd -D >"$folder/slurmd.out" 2>&1 &
    slurmd_pid=$!
    trap 'slurm_stop; rm -rf "$scratch"' EXIT
    for _ in {1..100}; do
        sinfo -h -o %T 2>/dev/null | grep -q idle && return 0
        if ! kill -0 $slurmctld_pid 2>/dev/null || ! kill -0 $slurmd_pid 2>/dev/null; then break; fi
        sleep 0.2
    done
    slurm_problem="the daemons do not start: $(cat "$folder"/slurmctld.out "$folder"/slurmd.out | grep -i error | tail -n 1)"
    slurm_stop
    return 1
}

slurm_stop() {
    [ -n "${slurmctld_pid:-}" ] || return 0
    kill "$slurmctld_pid" "$slurmd_pid" 2>/dev/null
    wait "$slurmctld_pid" "$slurmd_pid" 2>/dev/null
    slurmctld_pid=
}

# slurm_record FOLDER: puts an `sbatch` in FOLDER and before all others: it keeps the script, prints a number, and runs the tasks in the
# background, one by one.
slurm_record() {
    mkdir -p "$1"
    cat >"$1/sbatch" <<'END'
#!/bin/bash
[ "$1" = --parsable ] || { echo 'sbatch: --parsable is expected' >&2; exit 1; }
[ -z "${SBATCH_FAILS:-}" ] || { echo 'sbatch: error: Batch job submission failed: Invalid account' >&2; exit 1; }
value() { sed -n "s/^#SBATCH --$1=\"\{0,1\}\([^\"]*\)\"\{0,1\}\$/\1/p" "$script"; }
script=$2
array=$(value array)
output=$(value output)
(
    IFS=,
    for range in ${array%\%*}; do
        for task in $(IFS=' '; seq "${range%-*}" "${range#*-}" | tr '\n' ,); do
            SLURM_ARRAY_TASK_ID=$task SLURM_CPUS_PER_TASK=$(value cpus-per-task) sh "$script" >>"${output/\%a/$task}" 2>&1
        done
    done
) >/dev/null 2>&1 &
echo "$!;test"
END
    chmod +x "$1/sbatch"
    PATH=$1:$PATH
}
